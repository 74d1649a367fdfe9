#pragma once
#include <filesystem>
#include <string>
#include <vector>

#include "loader/dicom.h"
#include "loader/options.h"

namespace trivox {

/// Which series of a folder was taken, and why.
struct DicomChoice {
  size_t series = 0;                     ///< in the scan's
  std::string why;                       ///< "the only series", "the only one of 3 that matches ..."
  std::vector<std::string> passed_over;  ///< what else was there, each with the reason
  std::vector<std::string> warnings;     ///< those of them that no rule asked to pass over
  /// Slices that a rule passed over though they lie as if they were the chosen series' own.
  std::optional<std::string> left_out = {};
};

/// The plane nearest to a series' slices and their direction cosines (DICOM's, LPS, four decimals), along a
/// row and down a column: "axial 1 0 0 0 0.9962 0.0872".
[[nodiscard]] std::string describe_orientation(const DicomSeries& series);

/// One line that tells a series from others: description, modality, TE and TR, slices, first file.
[[nodiscard]] std::string describe_series(const DicomSeries& series);

/// What a rule asks for, for messages, e.g. `description "*t2*", TE 60 to 130 ms`.
[[nodiscard]] std::string describe_rule(const SeriesRule& rule);

/// Whether a series is one that `rule` asks for. The rule's folder is one that leads to all of its files,
/// from the one that was scanned to those that hold them.
[[nodiscard]] bool matches_rule(const DicomSeries& series, const SeriesRule& rule);

/// The rule of a channel in one case.
[[nodiscard]] SeriesRule rule_of(const DatasetOptions& options, const std::string& id,
                                 const std::string& channel);

/// The one series that `rule` picks; the only series there where it asks for nothing. Throws Error
/// (with the folder) for none, for several that nothing parts, and for a broken file that may be a
/// slice of the chosen series (where a rule decides, one of another SeriesInstanceUID is passed
/// over), and for slices that the rule leaves out though they are of the chosen series' very stack.
/// `channel` is named in what is expected; a folder that bears its name needs not match the rule's folder,
/// unless one within does. That the chosen series has a fault is not looked
/// at. Thread safe, as all here.
/// With `file`, by the path that the scan gives it, the series is also that which holds the file.
[[nodiscard]] DicomChoice choose_dicom_series(const DicomScan& scan, const SeriesRule& rule = {},
                                              const std::string& channel = {},
                                              const std::filesystem::path& file = {});

/// What a person asks of the series in a folder; all that is given must hold.
struct SeriesQuery {
  std::string name;             ///< pattern of SeriesDescription, or a SeriesInstanceUID
  std::optional<double> te_ms;  ///< EchoTime, within .05 ms
  std::filesystem::path file;   ///< one of the series' files, by the path that the scan gives it
  SeriesRule rule;
  std::string given_by;  ///< how to ask, for messages: "--where KEY=VALUE"
};

/// The one series that is asked for, likewise. Throws Error also for a file that is in no series.
[[nodiscard]] DicomChoice choose_dicom_series(const DicomScan& scan, const SeriesQuery& query);

/// Whether it is a file that begins as DICOM does. Throws Error where it cannot be read.
[[nodiscard]] bool is_dicom_file(const std::filesystem::path& path);

/// The folder that holds a file, and the file by the path that a scan of it gives.
struct DicomFilePlace {
  std::filesystem::path folder, file;
};
[[nodiscard]] DicomFilePlace place_of_dicom_file(const std::filesystem::path& path);

/// Scans a folder, or that of a file whose series is meant, and chooses; what was passed over unasked is
/// among the warnings. Throws Error also for the fault of the chosen series: a slice missing in the middle,
/// repeated, uneven or drifting positions, differing sizes or orientations.
[[nodiscard]] DicomSeries find_dicom_series(const std::filesystem::path& path, const SeriesRule& rule = {},
                                            const std::string& channel = {});

}  // namespace trivox
