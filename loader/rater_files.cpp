#include "loader/rater_files.h"

#include <algorithm>
#include <array>
#include <map>
#include <optional>
#include <set>

#include "loader/clinical/words.h"
#include "loader/text.h"

namespace trivox {
namespace {

using Words = std::vector<std::string>;

bool is_number(const std::string& word) {
  return !word.empty() && std::all_of(word.begin(), word.end(), [](char c) { return c >= '0' && c <= '9'; });
}

bool has_digit(const std::string& text) {
  return std::any_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
}

template <size_t N>
bool is_one_of(const std::string& word, const std::array<std::string_view, N>& words) {
  return std::find(words.begin(), words.end(), word) != words.end();
}

constexpr std::array<std::string_view, 12> kMaskWords = {"mask",       "masks",        "roi",   "rois",
                                                         "seg",        "segmentation", "label", "labels",
                                                         "annotation", "gt",           "勾画",  "标注"};
// Words after which a number is a rater's, not a slice's.
constexpr std::array<std::string_view, 17> kRaterWords = {
    "r",         "rater",     "reader",   "observer", "doctor", "doc",    "dr",     "radiologist", "expert",
    "annotator", "physician", "reviewer", "医生",     "医师",   "评估者", "观察者", "session"};

// Names of image files: lower-case words without extension, "mask1" as mask and 1 that belong together.
struct Name {
  std::string path;
  bool tiff = false;
  std::vector<std::string> folders;
  std::string stem;
};

std::optional<Name> image_name(const std::string& path) {
  Name name;
  name.path = path;
  std::string rest = path;
  for (size_t slash; (slash = rest.find('/')) != std::string::npos; rest = rest.substr(slash + 1))
    if (slash > 0) name.folders.push_back(rest.substr(0, slash));
  const std::string small = lower(rest);
  for (const std::string_view end : {".tif", ".tiff", ".nii", ".nii.gz"})
    if (small.ends_with(end) && small.size() > end.size() && small[0] != '.') {
      name.tiff = end[1] == 't';
      name.stem = rest.substr(0, rest.size() - end.size());
      return name;
    }
  return {};
}

// "mask1", "r2", "maskA": a word for a mask or rater with a number or letter fused to it, as two words.
std::optional<std::pair<std::string, std::string>> fused(const std::string& word) {
  if (is_one_of(word, kMaskWords)) return {};
  size_t cut = word.size();
  while (cut > 0 && word[cut - 1] >= '0' && word[cut - 1] <= '9') --cut;
  if (cut == 0) return {};
  if (cut == word.size() && is_one_of(word.substr(0, --cut), kRaterWords))
    return {};  // "dra" is no word of ours
  if (cut == 0) return {};
  const std::string head = word.substr(0, cut);
  if (!is_one_of(head, kMaskWords) && !is_one_of(head, kRaterWords)) return {};
  return std::pair{head, word.substr(cut)};
}

// The words of a text in lower case. Camel case is not cut, since "R1" and "T1WI" stay whole; "T1mask" is.
Words words_in(const std::string& text) {
  std::string small = lower(fold_signs(text));
  for (size_t at = 0; (at = small.find("mask", at)) != std::string::npos; at += 5) small.insert(at, 1, ' ');
  return words_of(small);
}

bool has_mask_word(const Name& name) {
  const auto any = [](const std::string& text) {
    const Words words = words_in(text);
    return std::any_of(words.begin(), words.end(), [](const std::string& w) {
      const auto parts = fused(w);
      return is_one_of(w, kMaskWords) || (parts && is_one_of(parts->first, kMaskWords));
    });
  };
  return any(name.stem) || std::any_of(name.folders.begin(), name.folders.end(), any);
}

bool names_sequence(const std::string& text) {
  Words others;
  return sequence_in(words_in(text), others).has_value();
}

bool names_rater_or_mask(const std::string& text) {
  const Words words = words_in(text);
  return std::any_of(words.begin(), words.end(), [](const std::string& w) {
    return is_one_of(w, kMaskWords) || is_one_of(w, kRaterWords) || fused(w).has_value();
  });
}

// The depth of the folder that is the patient's: of those with a number that is no sequence's or
// rater's, the one with most names.
std::optional<size_t> patient_depth(const std::vector<Name>& names) {
  std::map<size_t, std::set<std::string>> values;
  std::set<size_t> refused;
  for (const Name& name : names)
    for (size_t d = 0; d < name.folders.size(); ++d) {
      values[d].insert(name.folders[d]);
      if (!has_digit(name.folders[d]) || names_sequence(name.folders[d]) ||
          names_rater_or_mask(name.folders[d]))
        refused.insert(d);
    }
  std::optional<size_t> best;
  for (const auto& [depth, texts] : values) {
    const bool everywhere = std::all_of(names.begin(), names.end(),
                                        [&, d = depth](const Name& n) { return n.folders.size() > d; });
    if (refused.contains(depth) || !everywhere) continue;
    if (!best || texts.size() > values[*best].size()) best = depth;
  }
  return best;
}

/// Whether as many folders of numbers stand within each folder of numbers: 1/001, 1/002, 2/001, 2/002 may be
/// two raters' of two patients or the reverse.
bool are_folders_open(const std::vector<Name>& names, size_t depth) {
  for (size_t other = 0; names.front().folders.size() > other; ++other) {
    if (other == depth) continue;
    std::set<std::string> mine, theirs;
    std::set<std::pair<std::string, std::string>> both;
    bool are_numbers = true;
    for (const Name& name : names) {
      if (name.folders.size() <= std::max(other, depth)) return false;
      const std::string &a = name.folders[depth], &b = name.folders[other];
      are_numbers = are_numbers && is_number(a) && is_number(b);
      mine.insert(a);
      theirs.insert(b);
      both.emplace(a, b);
    }
    if (are_numbers && mine.size() > 1 && mine.size() == theirs.size() &&
        both.size() == mine.size() * theirs.size())
      return true;
  }
  return false;
}

std::string without_zeros(const std::string& number) {
  const size_t first = number.find_first_not_of('0');
  return first == std::string::npos ? "0" : number.substr(first);
}

// What a name says.
struct Reading {
  std::string patient, sequence, rater;
  std::optional<std::string> slice;
};

// `fused_masks_are_raters`: "mask1" and "mask2" are two raters', not two slices.
Reading read_name(const Name& name, const std::optional<size_t>& depth, bool fused_masks_are_raters) {
  Reading reading;
  Words words;
  std::vector<bool> bare;
  const auto add = [&](const std::string& text) {
    for (const std::string& word : words_in(text)) {
      const auto parts = fused(word);
      if (parts &&
          (is_one_of(parts->first, kRaterWords) || !is_number(parts->second) || fused_masks_are_raters)) {
        words.push_back(is_one_of(parts->first, kMaskWords) ? without_zeros(parts->second) : word);
        bare.push_back(false);
      } else if (parts) {
        words.push_back(parts->second);
        bare.push_back(true);
      } else if (is_one_of(word, kMaskWords)) {
        continue;
      } else {
        const bool after_rater = !words.empty() && is_one_of(words.back(), kRaterWords);
        words.push_back(word);
        bare.push_back(is_number(word) && !after_rater);
      }
    }
  };
  const size_t first_of_stem = [&] {
    for (size_t d = 0; d < name.folders.size(); ++d)
      if (depth != d) add(name.folders[d]);
    return words.size();
  }();
  add(name.stem);
  const auto drop = [&](size_t i) {
    words.erase(words.begin() + static_cast<std::ptrdiff_t>(i));
    bare.erase(bare.begin() + static_cast<std::ptrdiff_t>(i));
  };
  if (depth) {
    reading.patient = name.folders[*depth];
    // The file's name often repeats the patient's.
    const Words own = words_in(reading.patient);
    for (size_t i = first_of_stem, k = 0; i < words.size() && k < own.size() && words[i] == own[k]; ++k)
      drop(i);
  } else {
    // "001_T1_r1", "P001_T1_r1": the first word of the file's name that holds a number.
    for (size_t i = first_of_stem; i < words.size(); ++i) {
      Words others;
      if (!has_digit(words[i]) || sequence_in({words[i]}, others) || fused(words[i])) continue;
      reading.patient = words[i];
      drop(i);
      break;
    }
  }
  if (name.tiff)
    for (size_t i = words.size(); i-- > first_of_stem;)
      if (bare[i]) {
        reading.slice = without_zeros(words[i]);
        drop(i);
        break;
      }
  // "c" alone is a rater as well as a contrast agent: it counts with a T1 before it only.
  Words others, rest;
  for (size_t i = 0; i < words.size(); ++i) {
    const bool lone = words[i] == "c" && (i == 0 || words[i - 1] != "t1");
    (lone ? rest : others).push_back(words[i]);
  }
  Words left;
  if (const auto sequence = sequence_in(others, left))
    reading.sequence = *sequence;
  else
    left = others;
  left.insert(left.end(), rest.begin(), rest.end());
  for (const std::string& word : left) reading.rater.append(reading.rater.empty() ? "" : " ").append(word);
  return reading;
}

// "mask1" beside "mask2" and no other number: two raters.
bool masks_are_numbered_by_rater(const std::vector<Name>& masks) {
  std::set<std::string> numbers;
  for (const Name& name : masks) {
    bool any = false;
    std::vector<std::string> texts = name.folders;
    texts.push_back(name.stem);
    for (const std::string& text : texts)
      for (const std::string& word : words_in(text))
        if (const auto parts = fused(word);
            parts && is_one_of(parts->first, kMaskWords) && is_number(parts->second)) {
          numbers.insert(without_zeros(parts->second));
          any = true;
        }
    if (!any) numbers.insert("");
  }
  return numbers == std::set<std::string>{"1", "2"} || numbers == std::set<std::string>{"", "2"};
}

// Slices of one rater in the order of their numbers; false where a number comes twice.
bool sort_slices(std::vector<std::pair<std::optional<std::string>, std::string>>& files) {
  std::sort(files.begin(), files.end(), [](const auto& a, const auto& b) {
    const std::string x = a.first.value_or(""), y = b.first.value_or("");
    return x.size() != y.size() ? x.size() < y.size() : x != y ? x < y : a.second < b.second;
  });
  return std::adjacent_find(files.begin(), files.end(),
                            [](const auto& a, const auto& b) { return a.first == b.first; }) == files.end();
}

// "study li" and "study chen" are li and chen.
void keep_what_differs(std::array<std::string, 2>& raters) {
  const Words first = words_of(raters[0]), second = words_of(raters[1]);
  const auto differing = [](const Words& own, const Words& other) {
    std::string out;
    for (const std::string& word : own)
      if (std::find(other.begin(), other.end(), word) == other.end())
        out.append(out.empty() ? "" : " ").append(word);
    return out.empty() ? std::string("(unnamed)") : out;
  };
  raters = {differing(first, second), differing(second, first)};
}

std::string names_text(const std::vector<std::string>& names) {
  std::vector<std::string> some(
      names.begin(), names.begin() + static_cast<std::ptrdiff_t>(std::min<size_t>(names.size(), 12)));
  std::string text = joined(some);
  if (names.size() > some.size()) text += " and " + std::to_string(names.size() - some.size()) + " more";
  return text;
}

}  // namespace

RaterListing list_raters(std::span<const std::string> names) {
  RaterListing listing;
  std::vector<Name> all, masks;
  for (const std::string& path : names)
    if (auto name = image_name(path)) all.push_back(std::move(*name));
  listing.tiffs =
      static_cast<size_t>(std::count_if(all.begin(), all.end(), [](const Name& n) { return n.tiff; }));
  for (const Name& name : all)
    if (has_mask_word(name)) masks.push_back(name);
  const bool are_named = !masks.empty();
  if (!are_named) masks = all;  // no name says what it is: their values will
  listing.images = all.size() - masks.size();
  const std::optional<size_t> depth = patient_depth(masks);
  const bool is_open = depth && are_folders_open(masks, *depth);
  const bool numbered = masks_are_numbered_by_rater(masks);
  using Files = std::vector<std::pair<std::optional<std::string>, std::string>>;
  std::map<std::pair<std::string, std::string>, std::map<std::string, Files>> groups;
  for (const Name& name : masks) {
    const Reading reading = read_name(name, depth, numbered);
    groups[{reading.patient, reading.sequence}][reading.rater].push_back({reading.slice, name.path});
  }
  std::map<std::string, size_t> pairs_of;
  for (auto& [key, raters] : groups) {
    const auto& [patient, sequence] = key;
    std::vector<std::string> files;
    for (const auto& [rater, found] : raters)
      for (const auto& [slice, path] : found) files.push_back(path);
    std::sort(files.begin(), files.end());
    const auto fail = [&](const std::string& found) {
      const std::string what = "what was drawn of patient " + (patient.empty() ? "(none named)" : patient) +
                               (sequence.empty() ? "" : " on " + sequence);
      listing.failures.push_back(
          {patient, what, found + ": " + names_text(files), "the same slices of two raters", {}});
    };
    if (patient.empty()) {
      fail("of no patient by their names");
      continue;
    }
    if (is_open) {
      fail("in folders of numbers, of which nothing says which are patients' and which raters'");
      continue;
    }
    if (raters.size() != 2) {
      listing.crowded += are_named && raters.size() > 2;
      fail("of " + std::to_string(raters.size()) + (raters.size() == 1 ? " rater" : " raters") +
           " by their names");
      continue;
    }
    RaterFiles pair{patient, sequence, {}, {}};
    std::array<std::vector<std::string>, 2> slices;
    bool fine = true;
    for (size_t r = 0; auto& [rater, found] : raters) {
      pair.raters[r] = rater;
      fine = sort_slices(found) && fine;
      for (const auto& [slice, path] : found) {
        slices[r].push_back(slice.value_or(""));
        pair.files[r].push_back(path);
      }
      ++r;
    }
    keep_what_differs(pair.raters);
    // Two numbers that take two values each: either may be the slice's.
    const bool are_numbers_open = slices[0].size() == 2 && is_number(slices[0][0]) &&
                                  is_number(pair.raters[0]) && is_number(pair.raters[1]);
    if (are_numbers_open)
      fail("named by two numbers, of which nothing says which is the rater's and which the slice's");
    else if (!fine)
      fail("several of one rater with the same slice number");
    else if (slices[0] != slices[1])
      fail("of other slices by the one rater than by the other");
    else {
      ++pairs_of[pair.raters[0] + " and " + pair.raters[1]];
      listing.pairs.push_back(std::move(pair));
    }
  }
  if (pairs_of.size() > 1)
    for (const auto& [raters, count] : pairs_of)
      listing.notes.push_back("raters " + raters + " in " + std::to_string(count) + " pairs");
  return listing;
}

}  // namespace trivox
