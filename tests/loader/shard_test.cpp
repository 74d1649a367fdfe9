#include "loader/shard.h"

#include <fcntl.h>
#include <sys/resource.h>

#include <csignal>
#include <fstream>
#include <limits>

#include "loader/checksum.h"
#include "loader/tar.h"
#include "tests/loader/files.h"
#include "tests/loader/shard/samples.h"
#include "tests/test.h"

namespace trivox {
namespace {

namespace fs = std::filesystem;
using test::error_of;
using test::formula_sample;
using test::slurp;
using test::TemporaryFolder;

Manifest write_three(const fs::path& folder, const std::string& dtype) {
  Manifest m;
  m.folder = folder;
  m.version = "1.2.3";
  m.config_hash = "00112233445566ff";
  m.config_yaml = "shards:\n  dtype: " + dtype + "\n";
  m.source = {"a \"set\"", "10.1/2", "CC BY 4.0"};
  m.channels = {"T1WI", "CE-T1WI"};
  m.labels = {{1, "tumour"}, {2, "node"}};
  m.quarantined = {{"d", {"d/ROI.nii", "mask grid", "here", "there", {"series T1WI", "case d"}}}};
  ShardOptions options;
  options.dtype = dtype;
  const std::vector<Sample> samples = {formula_sample("a", 0), formula_sample("b", 1),
                                       formula_sample("c", 2)};
  m.shards.push_back(write_shard(folder / "shard-00000.tar", samples, options, m.samples));
  return m;
}

TEST_CASE("NumPy and tarfile and webdataset open a shard with equal values", "[shard]") {
  NEEDS_PYTHON();
  for (const std::string dtype : {"float16", "float32"}) {
    const TemporaryFolder folder;
    (void)write_three(folder.path(), dtype);
    const std::string shard = (folder / "shard-00000.tar").string();
    auto outcome = test::python("loader/check_shard.py " + shard + " " + dtype + " a b c");
    INFO(outcome.output);
    CHECK(outcome.exit_code == 0);
    outcome = test::python("loader/open_shard.py " + shard);
    INFO(outcome.output);
    CHECK_THAT(outcome.output, CONTAINS_TEXT("b (2, 3, 4, 5) " + dtype + " ['T1WI', 'CE-T1WI']"));
  }
}

TEST_CASE("shards of equal samples have equal bytes and no temporary is left", "[shard]") {
  const TemporaryFolder a, b;
  (void)write_three(a.path(), "float16");
  (void)write_three(b.path(), "float16");
  CHECK(slurp(a / "shard-00000.tar") == slurp(b / "shard-00000.tar"));
  CHECK(std::distance(fs::directory_iterator(a.path()), fs::directory_iterator()) == 1);
}

TEST_CASE("a sample comes back from its shard", "[shard]") {
  for (const std::string dtype : {"float16", "float32"}) {
    const TemporaryFolder folder;
    const ShardSet set(write_three(folder.path(), dtype));
    REQUIRE(set.manifest().samples.size() == 3);
    for (size_t i = 0; i < 3; ++i) {
      const Sample expected = formula_sample(set.manifest().samples[i].key, static_cast<int>(i));
      const Sample found = set.load(i);
      CHECK(found.id == expected.id);
      CHECK(found.image.data == expected.image.data);  // multiples of 1/8 below 300: exact in float16
      CHECK(found.label.data == expected.label.data);
      CHECK(found.valid.data == expected.valid.data);
      CHECK(found.image.grid.affine == expected.image.grid.affine);
      CHECK(found.reference_grid.size == expected.reference_grid.size);
      REQUIRE(found.channels.size() == 2);
      for (size_t c = 0; c < 2; ++c) {
        CHECK(found.channels[c].files == expected.channels[c].files);
        CHECK(found.channels[c].warnings == expected.channels[c].warnings);
        CHECK(found.channels[c].middle_slice_hash == expected.channels[c].middle_slice_hash);
        CHECK(found.channels[c].reference_to_native == expected.channels[c].reference_to_native);
        CHECK(found.channels[c].standard_deviation == expected.channels[c].standard_deviation);
        CHECK(found.channels[c].alignment == expected.channels[c].alignment);
      }
      CHECK(reinterpret_cast<uintptr_t>(set.image(i).data.data()) % 64 == 0);
    }
    CHECK(set.valid(0).shape.empty());
  }
}

TEST_CASE("a sample without labels has none in its shard", "[shard]") {
  const TemporaryFolder folder;
  Manifest m;
  m.folder = folder.path();
  Sample sample = formula_sample("x", 0);
  sample.label = {};
  sample.valid = Volume<uint8_t>(sample.image.grid, 2, 1);  // valid everywhere: not stored
  m.shards.push_back(write_shard(folder / "s.tar", std::span(&sample, 1), {}, m.samples));
  CHECK(slurp(folder / "s.tar").find("label.npy") == std::string::npos);
  CHECK(slurp(folder / "s.tar").find("valid.npy") == std::string::npos);
  const ShardSet set(m);
  CHECK(set.label(0).shape.empty());
  CHECK(set.load(0).label.empty());
}

TEST_CASE("shard_truncated", "[shard][bad]") {
  const TemporaryFolder folder;
  const Manifest m = write_three(folder.path(), "float16");
  fs::resize_file(folder / "shard-00000.tar", 3000);
  CHECK(error_of([&] { ShardSet set(m); }) ==
        (folder / "shard-00000.tar").string() + ": shard's length is 3000 bytes, expected " +
            std::to_string(m.shards[0].bytes) + " bytes, as its manifest says");
}

TEST_CASE("shard_altered", "[shard][bad]") {
  const TemporaryFolder folder;
  const Manifest m = write_three(folder.path(), "float16");
  const ShardSet set(m);  // mapped while all is well
  {
    std::fstream file(folder / "shard-00000.tar", std::ios::in | std::ios::out | std::ios::binary);
    file.seekp(static_cast<std::streamoff>(m.samples[1].image_offset + 200));
    file.put('!');
  }
  const std::string message = error_of([&] { ShardSet again(m); });
  CHECK_THAT(message, CONTAINS_TEXT("shard-00000.tar: shard's XXH3 is "));
  CHECK_THAT(message, CONTAINS_TEXT(", expected " + m.shards[0].xxh3));
  {  // where the array's own header is hit, reading finds it after the opening too
    std::fstream file(folder / "shard-00000.tar", std::ios::in | std::ios::out | std::ios::binary);
    file.seekp(static_cast<std::streamoff>(m.samples[2].image_offset));
    file.put('!');
  }
  CHECK(error_of([&] { (void)set.load(2); }) == (folder / "shard-00000.tar").string() +
                                                    ": npy magic is something else, expected \\x93NUMPY, "
                                                    "version 1.0 (c.image.npy; the shard was altered)");
}

TEST_CASE("label_on_another_grid_in_a_shard", "[shard][bad]") {
  const TemporaryFolder folder;
  Manifest m = write_three(folder.path(), "float16");
  std::string text = slurp(folder / "shard-00000.tar");
  const size_t at = text.find("(1, 3, 4, 5)", m.samples[0].label_offset);
  REQUIRE(at < m.samples[0].label_offset + m.samples[0].label_bytes);
  text.replace(at, 12, "(1, 3, 5, 4)");  // as many voxels, rows and columns exchanged
  std::ofstream(folder / "shard-00000.tar", std::ios::binary) << text;
  m.samples[0].label_shape = {1, 3, 5, 4};
  m.shards[0].xxh3 = xxh3_hex(text);
  const ShardSet set(m);
  CHECK(error_of([&] { (void)set.load(0); }) ==
        (folder / "shard-00000.tar").string() +
            ": npy shape is on another grid, expected the image's depth, height and width "
            "(" +
            m.samples[0].key + ".label.npy)");
}

TEST_CASE("manifest_that_takes_another_samples_label", "[shard][bad]") {
  const TemporaryFolder folder;
  Manifest m = write_three(folder.path(), "float16");
  const uint64_t own = m.samples[0].label_offset, other = m.samples[2].label_offset;
  const std::string size = std::to_string(m.samples[0].label_bytes);
  m.samples[0].label_offset = other;
  const std::string shard = (folder / "shard-00000.tar").string();
  CHECK(error_of([&] { ShardSet set(m); }) ==
        shard + ": tar header before byte " + std::to_string(other) + " is c.label.npy of " + size +
            " bytes, expected a.label.npy of " + size +
            " bytes, as the manifest says (a.label.npy; shard or manifest were altered)");
  m.samples[0].label_offset = own + kTarBlock;
  CHECK(error_of([&] { ShardSet set(m); }) ==
        shard +
            ": tar magic is something else, expected ustar, version 00 (a.label.npy; shard or manifest were "
            "altered)");
}

TEST_CASE("array_in_a_shard_that_is_not_aligned", "[shard][bad]") {
  const TemporaryFolder folder;
  Manifest m = write_three(folder.path(), "float16");
  std::string text = slurp(folder / "shard-00000.tar");
  const size_t at = m.samples[0].image_offset;
  // A header that is a byte shorter: NumPy reads it, but the data begin at an odd address.
  --text[at + 8];
  const size_t line_end = text.find('\n', at);
  text.erase(line_end - 1, 1);
  text.insert(at + m.samples[0].image_bytes - 1, 1, '\0');
  --m.samples[0].image_bytes;
  text.replace(at - kTarBlock, kTarBlock,
               tar_header(m.samples[0].key + ".image.npy", m.samples[0].image_bytes));
  std::ofstream(folder / "shard-00000.tar", std::ios::binary) << text;
  m.shards[0].xxh3 = xxh3_hex(text);
  const ShardSet set(m);
  CHECK(error_of([&] { (void)set.load(0); }) ==
        (folder / "shard-00000.tar").string() +
            ": npy header is of an odd length, expected data at a multiple of their elements' size (" +
            m.samples[0].key + ".image.npy; the shard was altered)");
}

TEST_CASE("shard_missing", "[shard][bad]") {
  const TemporaryFolder folder;
  const Manifest m = write_three(folder.path(), "float16");
  fs::remove(folder / "shard-00000.tar");
  CHECK(error_of([&] { ShardSet set(m); }) ==
        (folder / "shard-00000.tar").string() + ": shard cannot be opened: No such file or directory");
}

// Runs `action` in a child process; its exit code and standard error.
template <class Action>
test::Outcome in_child(const fs::path& log, Action&& action) {
  const pid_t child = fork();
  if (child == 0) {
    const int fd = open(log.c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0600);
    dup2(fd, STDERR_FILENO);
    action();
    _exit(42);
  }
  int status = 0;
  waitpid(child, &status, 0);
  return {WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status), slurp(log)};
}

TEST_CASE("shard_truncated_while_it_is_read", "[shard][bad]") {
  const TemporaryFolder folder;
  Manifest m;
  m.folder = folder.path();
  Sample sample = formula_sample("x", 0);
  Grid grid;
  grid.size = {64, 64, 16};
  sample.image = Volume<float>(grid, 2);
  sample.label = {};
  m.shards.push_back(write_shard(folder / "s.tar", std::span(&sample, 1), {}, m.samples));
  const auto outcome = in_child(folder / "log", [&] {
    const ShardSet set(m);
    fs::resize_file(folder / "s.tar", 1024);
    (void)set.load(0);
  });
  CHECK(outcome.exit_code == 1);
  CHECK_THAT(outcome.output,
             CONTAINS_TEXT("trivox: " + (folder / "s.tar").string() + ": shard became shorter"));
}

TEST_CASE("disk_full_while_writing_a_shard", "[shard][bad]") {
  const TemporaryFolder folder;
  std::string message;
  const auto outcome = in_child(folder / "log", [&] {
    std::signal(SIGXFSZ, SIG_IGN);
    const rlimit limit{5000, 5000};  // the third kilobyte of the second sample does not fit
    setrlimit(RLIMIT_FSIZE, &limit);
    fs::create_directory(folder / "out");
    const std::string text = error_of([&] { (void)write_three(folder / "out", "float32"); }) + "\n";
    [[maybe_unused]] const ssize_t n = write(STDERR_FILENO, text.data(), text.size());
  });
  CHECK(outcome.exit_code == 42);
  CHECK(outcome.output ==
        (folder / "out/shard-00000.tar").string() + ": shard cannot be written: File too large\n");
  CHECK(fs::is_empty(folder / "out"));
}

TEST_CASE("shard_in_a_folder_that_is_not_there", "[shard][bad]") {
  const TemporaryFolder folder;
  CHECK(error_of([&] { (void)write_three(folder / "absent", "float16"); }) ==
        (folder / "absent/shard-00000.tar").string() +
            ": shard cannot be created: No such file or directory");
}

TEST_CASE("voxel_that_is_not_a_number", "[shard][bad]") {
  Sample sample = formula_sample("x", 0);
  sample.image.at(1, 2, 3, 1) = std::numeric_limits<float>::quiet_NaN();
  CHECK(error_of([&] { (void)encode_sample(sample, {}); }) ==
        "channel CE-T1WI is nan at voxel (2, 3, 1), expected a finite number");
}

TEST_CASE("voxel_beyond_float16", "[shard][bad]") {
  Sample sample = formula_sample("x", 0);
  sample.image.at(0, 4, 0, 2) = -70000;
  CHECK(error_of([&] { (void)encode_sample(sample, {}); }) ==
        "channel T1WI is -70000 at voxel (4, 0, 2), expected at most 65504 in size (shards.dtype: "
        "float32 holds more)");
  ShardOptions wide;
  wide.dtype = "float32";
  CHECK(error_of([&] { (void)encode_sample(sample, wide); }).empty());
}

TEST_CASE("case_id_with_a_dot", "[shard][bad]") {
  CHECK(error_of([] { check_key("sub-1.ses-2"); }) ==
        "case id is 'sub-1.ses-2', expected 1 to 80 bytes without dots, slashes, backslashes and control "
        "characters, because a WebDataset key ends at the first dot and is part of a path");
  for (const std::string& key :
       {std::string(), std::string(81, 'a'), std::string("a/b"), std::string("a\nb")})
    CHECK_FALSE(error_of([&] { check_key(key); }).empty());
  CHECK(error_of([] { check_key(std::string(80, 'a')); }).empty());
}

}  // namespace
}  // namespace trivox
