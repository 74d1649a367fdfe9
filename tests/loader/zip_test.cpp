#include "loader/zip.h"

#include <algorithm>
#include <cstring>
#include <fstream>
#include <map>
#include <random>
#include <thread>

#include "loader/checksum.h"
#include "loader/file.h"
#include "tests/test.h"

using namespace trivox;
using namespace trivox::test;

namespace {

/// The archives that tests/loader/zips.py writes.
const fs::path& archives(bool big = false) {
  static const TemporaryFolder small_ones, big_ones;
  static std::map<bool, bool> made;
  const fs::path& folder = big ? big_ones.path() : small_ones.path();
  if (!std::exchange(made[big], true)) {
    const Outcome outcome = python("loader/zips.py " + folder.string() + (big ? " big" : ""));
    INFO(outcome.output);
    REQUIRE(outcome.exit_code == 0);
  }
  return folder;
}

std::string content(const fs::path& file) {
  const std::vector<std::byte> bytes = read_file(file);
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

/// All files below a folder, also one in an archive, by their names from there.
std::map<std::string, std::string> tree(const fs::path& folder, const fs::path& below = {}) {
  std::map<std::string, std::string> all;
  for (const fs::path& file : files_in(folder / below))
    all[(below / file.filename()).string()] = content(file);
  for (const fs::path& sub : folders_in(folder / below)) all.merge(tree(folder, below / sub.filename()));
  return all;
}

std::string read_error(const fs::path& file) {
  return error_of([&] { (void)read_file(file); });
}

std::string parse_error(const std::string& name) {
  const std::vector<std::byte> bytes = read_file(archives() / name);
  return error_of([&] { (void)parse_zip(bytes); });
}

}  // namespace

TEST_CASE("archives hold what zipfile reads from them", "[zip]") {
  NEEDS_PYTHON();
  for (const char* name : {"stored", "deflated", "stream", "self_extracting", "commented", "bytes_behind",
                           "zip64", "utf8", "nothing", "gbk", "backslashes", "gbk_backslashes", "dots"}) {
    INFO(name);
    const fs::path zip = archives() / (std::string(name) + ".zip");
    CHECK(is_folder(zip));
    if (std::string(name) != "nothing") CHECK(!tree(zip).empty());
    fs::create_directories(archives() / name);  // of an archive without files zipfile makes none
    CHECK(tree(zip) == tree(archives() / name));
  }
}

TEST_CASE("archives beyond 4 GiB and of more than 65,535 members", "[zip]") {
  NEEDS_PYTHON();
  const fs::path& folder = archives(true);
  CHECK(fs::file_size(folder / "beyond_4gib.zip") > (uint64_t{1} << 32));
  CHECK(tree(folder / "beyond_4gib.zip") == tree(folder / "beyond_4gib"));
  CHECK(tree(folder / "macos.zip") == tree(folder / "macos"));
  CHECK(content(folder / "many.zip/last") == "the last one");
  CHECK(files_in(folder / "many.zip/3").size() == 10000);
  CHECK(folders_in(folder / "many.zip").size() == 7);
  const fs::path member = folder / "long_member.zip/long";
  CHECK(size_of_file(member) == (uint64_t{1} << 32) + 5);
  CHECK(read_head(member, 100) == std::vector<std::byte>(100));
}

TEST_CASE("a member is read from its start, in part and in pieces", "[zip]") {
  NEEDS_PYTHON();
  for (const char* name : {"stored", "deflated", "stream", "zip64"}) {
    INFO(name);
    const fs::path member = "data/MRI-Segments/001/T1WI/0.dcm";
    const fs::path packed = archives() / (std::string(name) + ".zip") / member;
    const std::string whole = content(archives() / name / member);
    CHECK(size_of_file(packed) == whole.size());
    std::vector<std::byte> head(3);
    CHECK(read_head(packed, 1234, head) == whole.size());
    REQUIRE(head.size() == 1234);
    CHECK(std::memcmp(head.data(), whole.data(), head.size()) == 0);
    CHECK(read_head(packed, 0).empty());
    std::vector<std::byte> part(70000);
    read_part(packed, 25000, part);
    CHECK(std::memcmp(part.data(), whole.data() + 25000, part.size()) == 0);
    CHECK_THAT(error_of([&] { read_part(packed, 50000, part); }),
               CONTAINS_TEXT("0.dcm: length is 100000 bytes, expected 120000 bytes or more"));
    CHECK(xxh3_of_file(packed) == xxh3_of_file(archives() / name / member));
    CHECK(xxh3_of_file(archives() / (std::string(name) + ".zip") / "data/empty") ==
          xxh3_hex(std::string_view()));
  }
}

TEST_CASE("names in an archive are those of files and folders", "[zip]") {
  NEEDS_PYTHON();
  const fs::path zip = archives() / "deflated.zip";
  CHECK(is_file(zip));  // both
  CHECK(is_folder(zip / ""));
  CHECK(is_folder(zip / "data/MRI-Segments/"));
  CHECK(is_file(zip / "data/../top.txt"));
  CHECK(content(zip / "./top.txt") == "top");
  CHECK(!is_file(zip / "data"));
  CHECK(!is_folder(zip / "top.txt"));
  CHECK(!is_file(zip / "TOP.TXT"));
  CHECK(archive_of(zip / "a/b") == zip);
  CHECK(archive_of(archives() / "deflated/a").empty());
  CHECK(canonical_path(zip / "data/../data/empty") == fs::canonical(zip) / "data/empty");
  CHECK_THAT(read_error(zip / "data"), CONTAINS_TEXT("deflated.zip/data: it is a folder, expected a file"));
  CHECK_THAT(read_error(zip / "x"),
             CONTAINS_TEXT("deflated.zip/x: cannot be read: No such file or directory"));
  CHECK_THAT(error_of([&] { (void)files_in(zip / "top.txt"); }),
             CONTAINS_TEXT("cannot be listed: Not a directory"));
  CHECK_THAT(error_of([&] { (void)files_in(zip / "x"); }), CONTAINS_TEXT("cannot be listed: No such file"));
}

TEST_CASE("a folder may be called as an archive is, in any letters", "[zip]") {
  NEEDS_PYTHON();
  const TemporaryFolder folder;
  fs::create_directories(folder / "a.zip");
  fs::copy(archives() / "stored.zip", folder / "a.zip/B.Zip");
  CHECK(content(folder / "a.zip/B.Zip/top.txt") == "top");
}

TEST_CASE("an archive that changed is read again", "[zip]") {
  NEEDS_PYTHON();
  const TemporaryFolder folder;
  fs::copy(archives() / "stored.zip", folder / "a.zip");
  CHECK(is_file(folder / "a.zip/top.txt"));
  fs::copy(archives() / "utf8.zip", folder / "a.zip", fs::copy_options::overwrite_existing);
  CHECK(!is_file(folder / "a.zip/top.txt"));
  CHECK(content(folder / "a.zip/数据/b") == "2");
}

TEST_CASE("many threads read one archive at once", "[zip]") {
  NEEDS_PYTHON();
  const TemporaryFolder folder;  // so that the threads open it too
  fs::copy(archives() / "deflated.zip", folder / "a.zip");
  const auto expected = tree(archives() / "deflated");
  std::vector<int> right(4);
  std::vector<std::thread> threads;
  for (int& count : right)
    threads.emplace_back([&] {
      for (int i = 0; i < 20; ++i) count += tree(folder / "a.zip") == expected ? 1 : 0;
    });
  for (std::thread& thread : threads) thread.join();
  CHECK(right == std::vector<int>(4, 20));
}

TEST_CASE("faults of one member leave the others readable", "[zip]") {
  NEEDS_PYTHON();
  const std::pair<const char*, const char*> faults[] = {
      {"encrypted", "member of the archive is encrypted, expected one without a password"},
      {"bzip2", "compression of the member is bzip2 (method 12), expected none or deflate"},
      {"zstd", "compression of the member is zstd (method 93), expected none or deflate"},
      {"deflate64", "compression of the member is deflate64 (method 9), expected none or deflate"},
      {"twice", "member of the archive is there twice, expected there once"},
      {"file_and_folder", "member of the archive is there twice, expected there once"},
      {"link", "member of the archive is a symbolic link, expected a file"},
      {"bomb", "length of the member is 2147483648 bytes, stored as 22, expected at most 1,032 times"},
      {"too_long", "length of the member is more than 4000 bytes, expected 4000"},
      {"too_short", "length of the member is 5000 bytes, expected 5001"},
      {"cut", "deflate stream is truncated after"},
      {"other_length", "length of the member is 5 bytes, stored as 4, expected as many as are stored"},
      {"overlap", "place of the member is also another member's, expected its own"},
      {"beyond",
       "place of the member is 3 bytes from byte 1048576 on, expected before the central directory"}};
  for (const auto& [name, message] : faults) {
    INFO(name);
    const fs::path zip = archives() / (std::string(name) + ".zip");
    CHECK_THAT(read_error(zip / "x"), CONTAINS_TEXT((zip / "x").string() + ": " + message));
    if (std::string(name) != "overlap") CHECK(content(zip / "ok") == "fine");
  }
  const fs::path spoilt = archives() / "spoilt.zip/data/MRI-Segments/001/T1WI/0.dcm";
  CHECK_THAT(read_error(spoilt), CONTAINS_TEXT(": it is damaged"));
  CHECK_THAT(error_of([&] { (void)xxh3_of_file(spoilt); }), CONTAINS_TEXT("0.dcm: CRC-32 of the member is"));
}

TEST_CASE("faults of an archive are named", "[zip]") {
  NEEDS_PYTHON();
  CHECK_THAT(parse_error("parent.zip"),
             CONTAINS_TEXT("name of a member is '../x', expected a path within the archive"
                           " (entry 1 of the central directory)"));
  CHECK_THAT(parse_error("absolute.zip"), CONTAINS_TEXT("is '/etc/x', expected a path within the archive"));
  CHECK_THAT(parse_error("drive.zip"), CONTAINS_TEXT("is 'C:/x', expected a path within the archive"));
  CHECK_THAT(parse_error("nul.zip"), CONTAINS_TEXT("name of a member is 'a\\0b', expected a name"));
  CHECK_THAT(parse_error("letter_or_folder.zip"),
             CONTAINS_TEXT("\\a', expected one of UTF-8, or with / between folders"));
  CHECK_THAT(parse_error("split.zip"),
             CONTAINS_TEXT("number of files is more than one, expected 1: split archives"));
  CHECK_THAT(parse_error("extra_too_short.zip"),
             CONTAINS_TEXT("ZIP64 field of a member is 4 bytes, expected 8 bytes"));
  CHECK(parse_error("count.zip") == "number of entries is 1, expected 2, as the end record says");
  CHECK(parse_error("truncated.zip") ==
        "end record is absent (the archive may be truncated), expected one at the end of a ZIP archive");
  CHECK_THAT(parse_error("text.zip"), CONTAINS_TEXT("end record is absent"));
  CHECK(parse_error("short.zip") == "length is 2 bytes, expected those of a ZIP archive");
  // Through the file's name, whatever is asked.
  const fs::path zip = archives() / "truncated.zip";
  CHECK_THAT(read_error(zip / "x"), CONTAINS_TEXT(zip.string() + ": end record is absent"));
  CHECK_THAT(error_of([&] { (void)files_in(zip); }), CONTAINS_TEXT(zip.string() + ": end record is absent"));
  CHECK(!is_folder(zip));
  CHECK(is_file(zip));
}

TEST_CASE("2,000 mutated archives: an error or the right answer", "[zip]") {
  NEEDS_PYTHON();
  std::mt19937 random(7);
  const auto draw = [&](size_t below) { return std::uniform_int_distribution<size_t>(0, below - 1)(random); };
  // Small, so that most changes hit the directory.
  size_t right = 0, wrong = 0, members = 0;
  for (const char* name : {"commented.zip", "utf8.zip", "dots.zip", "backslashes.zip", "twice.zip"}) {
    const std::vector<std::byte> original = read_file(archives() / name);
    const ZipIndex expected = parse_zip(original);
    std::map<std::string, std::vector<std::byte>> contents;
    const auto reader_of = [](std::span<const std::byte> bytes) {
      return [bytes](uint64_t offset, std::span<std::byte> out) {
        // What lies outside is never asked for.
        if (offset > bytes.size() || out.size() > bytes.size() - offset) throw std::logic_error("outside");
        std::ranges::copy(bytes.subspan(static_cast<size_t>(offset), out.size()), out.begin());
      };
    };
    for (const ZipMember& member : expected.members)
      if (member.problem == ZipProblem::kNone)
        contents[member.name] = read_zip_member(expected, member, reader_of(original), UINT64_MAX);
    for (int round = 0; round < 400; ++round) {
      std::vector<std::byte> bytes = original;
      const size_t from = round % 2 == 0 ? 0 : static_cast<size_t>(expected.directory_offset);
      for (size_t change = 0; change <= draw(3); ++change) {
        const size_t at = from + draw(bytes.size() - from);
        constexpr uint8_t kValues[] = {0, 1, 0x7f, 0x80, 0xff};
        if (draw(2) == 0)
          bytes[at] ^= std::byte{1} << draw(8);
        else
          bytes[at] = std::byte{kValues[draw(5)]};
      }
      if (draw(8) == 0) bytes.resize(draw(bytes.size()));
      try {
        const ZipIndex index = parse_zip(bytes.size(), reader_of(bytes));
        for (const ZipMember& member : index.members) {
          ++members;
          try {
            const auto content = read_zip_member(index, member, reader_of(bytes), UINT64_MAX);
            // Another name, or another content with the CRC-32 that the directory gives, is a right answer
            // too.
            const auto known = contents.find(member.name);
            if (known == contents.end() || known->second == content)
              ++right;
            else
              ++wrong;
          } catch (const Error&) {
          }
        }
      } catch (const Error&) {
      }
    }
  }
  CHECK(members > 500);
  CHECK(right > 500);
  CHECK(wrong == 0);
}
