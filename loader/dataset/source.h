#pragma once
#include "loader/dataset.h"
#include "loader/manifest.h"

namespace trivox {

/// Name, DOI and licence of a dataset, where its own files tell: truth.json beside the cases of
/// npc's layout marks phantoms of ours; the three tables that are published with the NPC MRI
/// dataset mark that beside cases 001, 002, ... (Zenodo 13131827, CC BY 4.0); dataset.json of nnU-Net's
/// layout may hold "name", "doi" and "licence". Else the parts stay empty: nothing is claimed.
[[nodiscard]] DatasetSource find_source(const Dataset& dataset);

}  // namespace trivox
