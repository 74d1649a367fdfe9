#include "loader/dataset/output_place.h"

#include "tests/loader/files.h"
#include "tests/test.h"

using namespace trivox;
using namespace trivox::test;

TEST_CASE("output_among_the_input of an nnU-Net dataset", "[dataset]") {
  const TemporaryFolder folder;
  const fs::path root = folder / "raw";
  make_nnunet(root);
  const Dataset dataset = find_dataset(root, {});
  for (const fs::path& out :
       {root, root / ".", root / "imagesTr", root / "imagesTr/new", root / "labelsTr"}) {
    INFO(out.string());
    CHECK_THROWS_AS(refuse_output_among(dataset, out, "the scores"), UsageError);
    CHECK_THAT(error_of([&] { refuse_output_among(dataset, out, "the scores"); }),
               CONTAINS_TEXT(out.string() + ": folder for the scores is ") &&
                   CONTAINS_TEXT(", where the input lies, expected a folder of its own outside"));
  }
  for (const fs::path& out : {root / "scores", root / "labelsTr2", folder / "out", root / "imagesTr/../new"})
    CHECK_NOTHROW(refuse_output_among(dataset, out, "the scores"));
}

TEST_CASE("output_among_the_input of a table", "[dataset]") {
  const TemporaryFolder folder;
  touch(folder / "list/cases.csv", "id,T1,label\na,../images/a.nii,../masks/a.nii\n");
  for (const char* name : {"images/a.nii", "masks/a.nii"}) touch(folder / name);
  const Dataset dataset = find_dataset(folder / "list", {});
  for (const fs::path& out : {folder / "list", folder / "images", folder / "masks"})
    CHECK_THROWS_AS(refuse_output_among(dataset, out, "the shards"), UsageError);
  // A table's folder is not searched: those below hold nothing that is read.
  for (const fs::path& out : {folder / "list/out", folder / "images/out", folder.path()})
    CHECK_NOTHROW(refuse_output_among(dataset, out, "the shards"));
}
