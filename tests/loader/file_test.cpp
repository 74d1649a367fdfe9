#include "loader/file.h"

#include <sys/resource.h>
#include <sys/stat.h>

#include <csignal>
#include <fstream>

#include "tests/test.h"

using namespace trivox;
using namespace trivox::test;

namespace {

std::string content(const fs::path& path) {
  const std::vector<std::byte> bytes = read_file(path);
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

size_t entries(const fs::path& folder) {
  return static_cast<size_t>(std::distance(fs::directory_iterator(folder), fs::directory_iterator()));
}

/// Files may grow to so many bytes: what a full disk looks like to the writer, for root as well.
struct SmallDisk {
  rlimit before{};
  explicit SmallDisk(rlim_t bytes) {
    std::signal(SIGXFSZ, SIG_IGN);
    getrlimit(RLIMIT_FSIZE, &before);
    const rlimit small{bytes, before.rlim_max};
    setrlimit(RLIMIT_FSIZE, &small);
  }
  ~SmallDisk() {
    setrlimit(RLIMIT_FSIZE, &before);
    std::signal(SIGXFSZ, SIG_DFL);
  }
};

}  // namespace

TEST_CASE("a file is written in full or not at all", "[file]") {
  const TemporaryFolder folder;
  write_file_atomically(folder / "a.txt", "first");
  write_file_atomically(folder / "a.txt", [](std::ostream& out) {
    out << "second " << out.tellp();
    out << std::string(1 << 20, 'x');
  });
  CHECK(content(folder / "a.txt").substr(0, 10) == "second 7xx");
  CHECK(content(folder / "a.txt").size() == (1 << 20) + 8);
  CHECK(entries(folder.path()) == 1);
}

TEST_CASE("what a writer throws leaves no file behind", "[file]") {
  const TemporaryFolder folder;
  const std::string message = error_of([&] {
    write_file_atomically(folder / "a.txt", [](std::ostream& out) {
      out << "half";
      throw Error("value", "bad", "good");
    });
  });
  CHECK(message == "value is bad, expected good");
  CHECK(entries(folder.path()) == 0);
}

TEST_CASE("unwritable_output", "[file]") {
  const TemporaryFolder folder;
  std::ofstream(folder / "file") << "no folder";
  const auto message = [](const fs::path& path) {
    return error_of([&] { write_file_atomically(path, "text"); });
  };
  CHECK(message(folder / "file" / "a.txt") ==
        (folder / "file" / "a.txt").string() + ": cannot be written: Not a directory");
  CHECK_THAT(message(folder / "absent" / "a.txt"),
             CONTAINS_TEXT("cannot be written: No such file or directory"));
  fs::create_directory(folder / "taken");
  CHECK_THAT(message(folder / "taken"), CONTAINS_TEXT("cannot be written: Is a directory"));
  CHECK(entries(folder.path()) == 2);
  CHECK_THAT(error_of([&] { make_output_folder(folder / "file" / "out"); }),
             CONTAINS_TEXT((folder / "file" / "out").string() + ": cannot be made: Not a directory"));
  CHECK(error_of([&] { make_output_folder(folder / "file"); }) ==
        (folder / "file").string() + ": it is a file, expected the name of a folder to write to");
}

TEST_CASE("disk_full leaves the old file and nothing half-written", "[file]") {
  const TemporaryFolder folder;
  write_file_atomically(folder / "a.txt", "old");
  std::string message;
  {
    const SmallDisk small(1 << 16);
    message = error_of([&] { write_file_atomically(folder / "a.txt", std::string(1 << 20, 'x')); });
  }
  CHECK(message == (folder / "a.txt").string() + ": cannot be written: File too large");
  CHECK(content(folder / "a.txt") == "old");
  CHECK(entries(folder.path()) == 1);
}

TEST_CASE("unreadable_input", "[file]") {
  const TemporaryFolder folder;
  CHECK(error_of([&] { (void)read_file(folder / "absent"); }) ==
        (folder / "absent").string() + ": cannot be read: No such file or directory");
  CHECK(error_of([&] { (void)read_file(folder.path()); }) ==
        folder.path().string() + ": it is a folder, expected a file");
}

TEST_CASE("files below a folder come as a person lists them", "[file]") {
  const TemporaryFolder folder;
  for (const char* name : {"b.txt", "a/z.txt", "a/deep/y.txt", "c.txt", "__MACOSX/x.txt", "a/.hidden"}) {
    fs::create_directories((folder / name).parent_path());
    std::ofstream(folder / name) << "x";
  }
  CHECK(files_below(folder.path()) == std::vector<fs::path>{folder / "b.txt", folder / "c.txt",
                                                            folder / "a/z.txt", folder / "a/deep/y.txt"});
}

TEST_CASE("folders_that_lead_in_a_circle", "[file]") {
  const TemporaryFolder folder;
  fs::create_directory_symlink(folder.path(), folder / "again");
  CHECK_THAT(
      error_of([&] { (void)files_below(folder.path()); }),
      CONTAINS_TEXT("again: link is to " + fs::canonical(folder.path()).string() + ", in which it lies"));
}

TEST_CASE("folders_that_lead_to_one_another", "[file]") {
  const TemporaryFolder folder;
  for (const char* name : {"a", "b"}) fs::create_directory(folder / name);
  fs::create_directory_symlink(folder / "a", folder / "b/a");
  fs::create_directory_symlink(folder / "b", folder / "a/b");
  CHECK_THAT(error_of([&] { (void)files_below(folder / "a"); }),
             CONTAINS_TEXT("depth of folders is more than 10, expected at most that"));
}

TEST_CASE("file_to_write_that_is_a_pipe", "[file]") {
  const TemporaryFolder folder;
  const fs::path pipe = folder / "pipe";
  REQUIRE(::mkfifo(pipe.c_str(), 0600) == 0);
  CHECK(error_of([&] { write_file_atomically(pipe, "x"); }) ==
        pipe.string() + ": it is no regular file, expected a name to write a file to");
  CHECK(fs::is_fifo(pipe));  // it was not replaced
}
