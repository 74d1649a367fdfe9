#include "loader/preprocess.h"

#include <atomic>
#include <fstream>
#include <map>
#include <new>

#include "loader/quarantine.h"
#include "loader/shard.h"
#include "loader/shard/folder.h"
#include "tests/loader/files.h"
#include "tests/loader/shard/samples.h"
#include "tests/test.h"

namespace trivox {
namespace {

namespace fs = std::filesystem;
using test::error_of;
using test::slurp;
using test::TemporaryFolder;

void put(const fs::path& file, const std::string& text) {
  fs::create_directories(file.parent_path());
  std::ofstream(file) << text;
}

// Name and content of every file, hidden ones too.
std::map<std::string, std::string> content(const fs::path& folder) {
  std::map<std::string, std::string> out;
  for (const auto& entry : fs::directory_iterator(folder))
    out[entry.path().filename().string()] = slurp(entry.path());
  return out;
}

// Cases whose one input is a number in a text file; the sample holds it in its first voxel.
class Numbers {
 public:
  explicit Numbers(const std::vector<std::string>& ids) {
    dataset_.root = folder_.path();
    dataset_.layout = "npc";
    dataset_.table_folders = {folder_.path()};
    dataset_.channels = {"T1WI", "CE-T1WI"};
    dataset_.labels = {{1, "tumour"}};
    job_.shards.samples_per_shard = 3;
    job_.threads = 2;
    job_.config_yaml = "shards:\n  samples_per_shard: 3\n";
    for (const std::string& id : ids) add(id);
  }
  void add(const std::string& id) {
    set(id, std::to_string(id.size() + static_cast<size_t>(id.back())));
    const fs::path folder = folder_ / id;
    dataset_.cases.push_back({id, folder, {{"T1WI", folder / "number", ""}}});
    std::sort(dataset_.cases.begin(), dataset_.cases.end(), [](auto& a, auto& b) { return a.id < b.id; });
  }
  void set(const std::string& id, const std::string& text) { put(folder_ / id / "number", text); }

  PreprocessSummary run(const fs::path& out,
                        const std::function<void(size_t, size_t, const std::string&)>& progress = {}) {
    made_ = 0;
    const auto make = [this](const CaseFiles& files) {
      ++made_;
      const std::string text = slurp(files.channels[0].image);
      if (text == "huge") throw std::bad_alloc();
      if (text == "bad")
        throw Error(Fault{files.channels[0].image.string(),
                          "number",
                          "'bad'",
                          "digits",
                          {"case " + files.id + " in " + files.folder.string()}});
      Sample sample = test::formula_sample(files.id, static_cast<int>(files.id.back()));
      sample.image.at(0, 0, 0, 0) = std::stof(text);
      return sample;
    };
    return preprocess(dataset_, make, out, job_, progress);
  }
  // What a run into a new folder gives.
  std::map<std::string, std::string> fresh() {
    const TemporaryFolder out;
    const int made = made_;
    (void)run(out / "x");
    made_ = made;
    return content(out / "x");
  }

  TemporaryFolder folder_;
  Dataset dataset_;
  PreprocessJob job_;
  std::atomic<int> made_{0};
};

const std::vector<std::string> kSeven = {"p1", "p2", "p3", "p4", "p5", "p6", "p7"};

TEST_CASE("preprocess writes the same bytes for any number of threads", "[preprocess]") {
  Numbers numbers(kSeven);
  numbers.job_.threads = 1;
  const auto one = numbers.fresh();
  numbers.job_.threads = 4;
  CHECK(numbers.fresh() == one);
  CHECK(one.size() == 7);  // three shards, manifest, quarantine, warnings
}

TEST_CASE("kept samples give the warnings of fresh ones", "[preprocess]") {
  Numbers numbers({"p1", "p2"});
  const TemporaryFolder out;
  const PreprocessSummary fresh = numbers.run(out.path());
  const std::string text = "a \"quoted\" warning, with a comma";
  CHECK(fresh.warnings ==
        std::vector<CaseWarning>{
            {"p1", "T1WI", text}, {"p1", "CE-T1WI", text}, {"p2", "T1WI", text}, {"p2", "CE-T1WI", text}});
  CHECK(slurp(out / "warnings.csv")
            .starts_with(
                "id,sequence,warning\np1,T1WI,\"a \"\"quoted\"\" warning, with a comma\"\np1,CE-T1WI,"));
  CHECK(read_manifest(out.path()).warnings == fresh.warnings);
  const PreprocessSummary kept = numbers.run(out.path());
  CHECK(kept.kept == 2);
  CHECK(kept.warnings == fresh.warnings);
}

TEST_CASE("preprocess in order and with all that the manifest promises", "[preprocess]") {
  Numbers numbers(kSeven);
  const TemporaryFolder out;
  std::string order;
  const PreprocessSummary summary =
      numbers.run(out.path(), [&](size_t done, size_t total, const std::string& id) {
        order += id + " " + std::to_string(done) + "/" + std::to_string(total) + " ";
      });
  CHECK(order == "p1 1/7 p2 2/7 p3 3/7 p4 4/7 p5 5/7 p6 6/7 p7 7/7 ");
  CHECK(summary.cases == 7);
  CHECK(summary.written == 7);
  CHECK(summary.kept == 0);
  CHECK(summary.quarantined.empty());
  const ShardSet set(read_manifest(out.path()));
  REQUIRE(set.manifest().samples.size() == 7);
  CHECK(set.manifest().shards.size() == 3);
  CHECK(set.manifest().config_yaml == numbers.job_.config_yaml);
  CHECK(set.manifest().labels.at(1) == "tumour");
  CHECK(set.load(6).image.at(0, 0, 0, 0) == 2 + '7');
  CHECK(slurp(out / "manifest.json").find(out.path().string()) == std::string::npos);
  CHECK(slurp(out / "manifest.json").find(numbers.folder_.path().string()) == std::string::npos);
  CHECK(slurp(out / "quarantine.csv") == "id,path,attribute,found,expected,context\n");
}

TEST_CASE("preprocess again does nothing", "[preprocess]") {
  Numbers numbers(kSeven);
  const TemporaryFolder out;
  (void)numbers.run(out.path());
  const auto before = content(out.path());
  const auto time = fs::last_write_time(out / "shard-00001.tar");
  const PreprocessSummary summary = numbers.run(out.path());
  CHECK(numbers.made_ == 0);
  CHECK(summary.kept == 7);
  CHECK(summary.written == 0);
  CHECK(content(out.path()) == before);
  CHECK(fs::last_write_time(out / "shard-00001.tar") == time);
}

TEST_CASE("a changed input redoes its sample and nothing else", "[preprocess]") {
  Numbers numbers(kSeven);
  const TemporaryFolder out;
  (void)numbers.run(out.path());
  const auto first = fs::last_write_time(out / "shard-00000.tar");
  const auto second = fs::last_write_time(out / "shard-00001.tar");
  numbers.set("p5", "99");  // the same length: only the content tells
  const PreprocessSummary summary = numbers.run(out.path());
  CHECK(numbers.made_ == 1);
  CHECK(summary.written == 1);
  CHECK(summary.kept == 6);
  CHECK(fs::last_write_time(out / "shard-00000.tar") == first);
  CHECK(fs::last_write_time(out / "shard-00001.tar") != second);
  CHECK(content(out.path()) == numbers.fresh());
}

TEST_CASE("a new case in the middle moves samples without making them again", "[preprocess]") {
  Numbers numbers(kSeven);
  const TemporaryFolder out;
  (void)numbers.run(out.path());
  numbers.add("p15");
  const PreprocessSummary more = numbers.run(out.path());
  CHECK(numbers.made_ == 1);
  CHECK(more.kept == 7);
  CHECK(content(out.path()) == numbers.fresh());
  numbers.dataset_.cases.erase(numbers.dataset_.cases.begin(), numbers.dataset_.cases.begin() + 4);
  const PreprocessSummary fewer = numbers.run(out.path());
  CHECK(numbers.made_ == 0);
  CHECK(fewer.kept == 4);
  CHECK(content(out.path()) == numbers.fresh());  // the third shard is gone
}

TEST_CASE("another size of shards makes no sample again", "[preprocess]") {
  Numbers numbers(kSeven);
  const TemporaryFolder out;
  (void)numbers.run(out.path());
  numbers.job_.shards.samples_per_shard = 2;
  (void)numbers.run(out.path());
  CHECK(numbers.made_ == 0);
  CHECK(content(out.path()) == numbers.fresh());
}

TEST_CASE("another configuration or version makes all samples again", "[preprocess]") {
  Numbers numbers(kSeven);
  const TemporaryFolder out;
  (void)numbers.run(out.path());
  numbers.job_.assemble.crop_to_body = false;
  (void)numbers.run(out.path());
  CHECK(numbers.made_ == 7);
  CHECK(content(out.path()) == numbers.fresh());
  std::string manifest = slurp(out / "manifest.json");
  const size_t at = manifest.find("\"version\": \"");
  REQUIRE(at != std::string::npos);
  put(out / "manifest.json", manifest.insert(at + 12, "9"));
  (void)numbers.run(out.path());
  CHECK(numbers.made_ == 7);
  CHECK(content(out.path()) == numbers.fresh());
}

TEST_CASE("case_that_asks_for_more_than_the_memory", "[preprocess][bad]") {
  Numbers numbers(kSeven);
  numbers.set("p2", "huge");
  const TemporaryFolder out;
  const PreprocessSummary summary = numbers.run(out.path());
  CHECK(summary.written == 6);
  REQUIRE(summary.quarantined.size() == 1);
  CHECK(summary.quarantined[0].id == "p2");
  CHECK_THAT(Error(summary.quarantined[0].fault).what(),
             CONTAINS_TEXT("p2: memory for the case is not to be had, expected fewer --threads, or a coarser "
                           "preprocess.spacing_mm"));
}

TEST_CASE("a run that broke off continues where it was", "[preprocess]") {
  Numbers numbers(kSeven);
  const TemporaryFolder out;
  const auto stop = [](size_t done, size_t, const std::string&) {
    if (done == 5) throw std::bad_alloc();
  };
  CHECK_THROWS_AS(numbers.run(out.path(), stop), std::bad_alloc);
  CHECK_FALSE(fs::exists(out / "manifest.json"));
  CHECK(fs::exists(out / "shard-00000.tar"));
  CHECK_FALSE(fs::exists(out / "shard-00001.tar"));
  put(out / ".shard-00001.tar.partial", "what a kill would leave");
  CHECK(error_of([&] { (void)read_manifest(out.path()); }).find("manifest is absent") != std::string::npos);
  const PreprocessSummary summary = numbers.run(out.path());
  CHECK(summary.kept == 3);
  CHECK(numbers.made_ == 4);
  CHECK(content(out.path()) == numbers.fresh());
}

TEST_CASE("a run that broke off while it moved samples continues", "[preprocess]") {
  Numbers numbers(kSeven);
  const TemporaryFolder out;
  (void)numbers.run(out.path());
  numbers.add("p0");
  const auto stop = [](size_t done, size_t, const std::string&) {
    if (done == 5) throw std::bad_alloc();
  };
  CHECK_THROWS_AS(numbers.run(out.path(), stop), std::bad_alloc);
  CHECK_FALSE(fs::exists(out / "manifest.json"));
  const PreprocessSummary summary = numbers.run(out.path());
  CHECK(summary.written <= 1);  // p3 stood in the shard that was replaced
  CHECK(content(out.path()) == numbers.fresh());
}

TEST_CASE("shard_altered_before_the_next_run", "[preprocess][bad]") {
  Numbers numbers(kSeven);
  const TemporaryFolder out;
  (void)numbers.run(out.path());
  {
    std::fstream file(out / "shard-00001.tar", std::ios::in | std::ios::out | std::ios::binary);
    file.seekp(700);
    file.put('!');
  }
  fs::resize_file(out / "shard-00002.tar", 1000);
  const PreprocessSummary summary = numbers.run(out.path());
  CHECK(summary.written == 4);
  CHECK(summary.kept == 3);
  CHECK(content(out.path()) == numbers.fresh());
}

TEST_CASE("manifest_broken_before_the_next_run", "[preprocess][bad]") {
  Numbers numbers(kSeven);
  const TemporaryFolder out;
  (void)numbers.run(out.path());
  put(out / "manifest.json", "{");
  CHECK(numbers.run(out.path()).written == 7);
  CHECK(content(out.path()) == numbers.fresh());
}

TEST_CASE("one_bad_case_among_others", "[preprocess][bad]") {
  Numbers numbers(kSeven);
  const TemporaryFolder out;
  numbers.set("p2", "bad");
  numbers.dataset_.failures.push_back({"p25",
                                       {(numbers.folder_ / "p25/CE-T1WI").string(),
                                        "sequence folder",
                                        "absent",
                                        "a \"folder\", with slices",
                                        {}}});
  const PreprocessSummary summary = numbers.run(out.path());
  CHECK(summary.cases == 8);
  CHECK(summary.written == 6);
  REQUIRE(summary.quarantined.size() == 2);
  CHECK(summary.quarantined[0].fault.path == (numbers.folder_ / "p2/number").string());
  const Manifest m = read_manifest(out.path());
  CHECK(m.samples.size() == 6);
  REQUIRE(m.quarantined.size() == 2);
  CHECK(m.quarantined[0].id == "p2");
  CHECK(m.quarantined[0].fault.message() == "p2/number: number is 'bad', expected digits (case p2 in p2)");
  CHECK(slurp(out / "quarantine.csv") ==
        "id,path,attribute,found,expected,context\n"
        "p2,p2/number,number,'bad',digits,case p2 in p2\n"
        "p25,p25/CE-T1WI,sequence folder,absent,\"a \"\"folder\"\", with slices\",\n");

  numbers.set("p2", "17");  // mended: only it is made
  const PreprocessSummary mended = numbers.run(out.path());
  CHECK(numbers.made_ == 1);
  CHECK(mended.kept == 6);
  CHECK(mended.quarantined.size() == 1);
  CHECK(content(out.path()) == numbers.fresh());
}

TEST_CASE("one_bad_case_in_a_strict_run", "[preprocess][bad]") {
  Numbers numbers(kSeven);
  const TemporaryFolder out;
  numbers.set("p2", "bad");
  numbers.set("p6", "bad");
  numbers.job_.strict = true;
  CHECK_THAT(error_of([&] { (void)numbers.run(out.path()); }),
             CONTAINS_TEXT("p2/number: number is 'bad', expected digits"));
  CHECK_FALSE(fs::exists(out / "manifest.json"));
}

TEST_CASE("all_cases_bad_after_a_good_run", "[preprocess][bad]") {
  Numbers numbers({"p1", "p2"});
  const TemporaryFolder out;
  (void)numbers.run(out.path());
  const auto before = content(out.path());
  for (const char* id : {"p1", "p2"}) numbers.set(id, "bad");  // as a disk that is not mounted
  const PreprocessSummary summary = numbers.run(out.path());
  CHECK(summary.quarantined.size() == 2);
  CHECK(summary.manifest.shards.empty());
  auto after = content(out.path());
  CHECK(summary.keeps_shards);
  CHECK_THAT(after["failed-run.csv"], CONTAINS_TEXT("'bad'"));
  after.erase("failed-run.csv");
  CHECK(after == before);
  for (const char* id : {"p1", "p2"}) numbers.set(id, "1");
  CHECK_FALSE(numbers.run(out.path()).keeps_shards);
  CHECK_FALSE(content(out.path()).contains("failed-run.csv"));
}

TEST_CASE("all_cases_bad", "[preprocess][bad]") {
  Numbers numbers({"p1", "p2"});
  const TemporaryFolder out;
  numbers.set("p1", "bad");
  numbers.set("p2", "not a number");  // an exception that is not ours names the case all the same
  const PreprocessSummary summary = numbers.run(out.path());
  CHECK(summary.quarantined.size() == 2);
  CHECK_THAT(summary.quarantined[1].fault.message(), CONTAINS_TEXT("p2: case cannot be read: stof"));
  CHECK(read_manifest(out.path()).samples.empty());
}

TEST_CASE("case_id_with_a_dot_is_quarantined", "[preprocess][bad]") {
  Numbers numbers({"p1", "p.2"});
  const TemporaryFolder out;
  const PreprocessSummary summary = numbers.run(out.path());
  CHECK(summary.written == 1);
  REQUIRE(summary.quarantined.size() == 1);
  CHECK_THAT(summary.quarantined[0].fault.message(), CONTAINS_TEXT("case id is 'p.2'"));
}

TEST_CASE("output_folder_of_somebody_else", "[preprocess][bad]") {
  Numbers numbers({"p1"});
  const TemporaryFolder out;
  put(out / "thesis.tex", "x");
  put(out / "notes.txt", "x");
  CHECK(error_of([&] { (void)numbers.run(out.path()); }) ==
        out.path().string() +
            ": output folder is not empty: it holds 'notes.txt' and 1 more, expected an empty "
            "or new folder, or one that trivox filled");
  CHECK(numbers.made_ == 0);
}

TEST_CASE("unwritable_output_of_preprocess", "[preprocess][bad]") {
  Numbers numbers({"p1"});
  const TemporaryFolder out;
  put(out / "file", "x");
  CHECK_THAT(error_of([&] { (void)numbers.run(out / "file/shards"); }), CONTAINS_TEXT("Not a directory"));
  CHECK(numbers.made_ == 0);
  if (geteuid() == 0) return;  // root may write anywhere
  fs::permissions(out.path(), fs::perms::owner_read | fs::perms::owner_exec);
  CHECK_THAT(error_of([&] { (void)numbers.run(out / "shards"); }), CONTAINS_TEXT("Permission denied"));
  fs::permissions(out.path(), fs::perms::owner_all);
}

TEST_CASE("two_runs_into_one_folder", "[preprocess][bad]") {
  Numbers numbers({"p1"});
  const TemporaryFolder out;
  const ShardFolder other(out.path());
  CHECK_THAT(error_of([&] { (void)numbers.run(out.path()); }),
             CONTAINS_TEXT("output folder is being filled by another run"));
}

TEST_CASE("the source of a dataset is claimed only where its files tell", "[preprocess]") {
  Numbers numbers({"p1"});
  const TemporaryFolder out;
  CHECK(numbers.run(out.path()).manifest.source.name.empty());
  const auto put_tables = [](const Numbers& into) {
    for (const char* table : {"info_diagnoses.csv", "morphological_parameters.csv", "meta_data.csv"})
      put(into.folder_ / table, "x");
  };
  put_tables(numbers);
  CHECK(numbers.run(out.path()).manifest.source.doi.empty());  // p1 is a patient of somebody else's
  Numbers published({"001"});
  put(published.folder_ / "meta_data.csv", "x");  // a name that anybody may give
  const TemporaryFolder published_out;
  CHECK(published.run(published_out.path()).manifest.source.doi.empty());
  put_tables(published);
  CHECK(published.run(published_out.path()).manifest.source.doi == "10.5281/zenodo.13131827");
  CHECK(read_manifest(published_out.path()).source.licence == "CC BY 4.0");
  put(numbers.folder_ / "truth.json", "{}");
  CHECK(numbers.run(out.path()).manifest.source.name == "trivox phantom");
  CHECK(read_manifest(out.path()).source.doi.empty());
  numbers.dataset_.layout = "nnunet";
  put(numbers.folder_ / "dataset.json",
      R"({"name": "Hippocampus", "licence": "CC-BY-SA 4.0", "labels": {}})");
  CHECK(numbers.run(out.path()).manifest.source.licence == "CC-BY-SA 4.0");
}

}  // namespace
}  // namespace trivox
