#include "loader/dicom/volumes.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>
#include <functional>
#include <map>
#include <numeric>
#include <optional>
#include <set>
#include <span>

#include "loader/dicom/marks.h"
#include "loader/dicom/stack.h"
#include "loader/text.h"

namespace trivox {
namespace {

using Group = std::vector<size_t>;  // of slices, ascending

std::string number(double value) {
  std::array<char, 40> text{};
  std::snprintf(text.data(), text.size(), "%.10g", value);
  return text.data();
}

std::string number_or_none(const std::optional<double>& value) { return value ? number(*value) : ""; }

/// An attribute in which slices may differ, as text; empty where absent.
struct Attribute {
  const char* name;
  std::function<std::string(const DicomFile&, const DicomFrame&)> value;
  bool has_key = false;  ///< of its own, in a rule
};

Attribute mark(const char* name) {
  return {name, [name](const DicomFile&, const DicomFrame& frame) {
            const auto found = std::ranges::find(frame.marks, std::string_view(name), &DicomMark::attribute);
            return found == frame.marks.end() ? std::string() : found->value;
          }};
}

const std::array<Attribute, 4>& moments() {
  static const std::array<Attribute, 4> all = {mark("TemporalPositionIndex"),
                                               mark("TemporalPositionIdentifier"), mark("DiffusionBValue"),
                                               mark("DiffusionGradientOrientation")};
  return all;
}

const std::array<Attribute, 5>& sequences() {
  static const std::array<Attribute, 5> all = {
      Attribute{"SeriesDescription", [](const auto& file, const auto&) { return file.description; }, true},
      Attribute{"SeriesNumber", [](const auto& file, const auto&) { return file.series_number; }},
      Attribute{"Modality", [](const auto& file, const auto&) { return file.modality; }, true},
      Attribute{"RepetitionTime",
                [](const auto&, const auto& frame) { return number_or_none(frame.repetition_time_ms); },
                true},
      Attribute{"FlipAngle",
                [](const auto&, const auto& frame) { return number_or_none(frame.flip_angle_deg); }}};
  return all;
}

const std::vector<Attribute>& others() {
  static const std::vector<Attribute> all = [] {
    std::vector<Attribute> out = {mark("NominalCardiacTriggerDelayTime"), mark("TriggerTime"),
                                  mark("InversionTime"), mark("EchoNumbers"), mark("AcquisitionNumber")};
    for (const char* name : kDimensionIndexValues) out.push_back(mark(name));
    // Of files that hold a volume each; of others every slice has its own.
    out.push_back({"InstanceNumber", [](const DicomFile& file, const DicomFrame&) {
                     const bool has_several = file.pixels.frames > 1 && file.instance_number;
                     return has_several ? std::to_string(*file.instance_number) : std::string();
                   }});
    return out;
  }();
  return all;
}

/// Numbers the values of some slices, from 0, in the order in which they come.
class Column {
 public:
  Column(const DicomSeries& stack, const Group& slices, const Attribute& attribute) {
    std::map<std::string, size_t> known;
    for (const size_t k : slices) {
      const DicomSlice& slice = stack.slices[k];
      of_.push_back(known.try_emplace(attribute.value(stack.headers[slice.file], slice.header), known.size())
                        .first->second);
    }
    count_ = known.size();
  }
  /// Numbers that are close, and none at all where all others are, become one value. `is_far(a, b)`, a < b.
  template <class Far>
  Column(const DicomSeries& stack, const Group& slices, std::optional<double> DicomFrame::* member,
         const Far& is_far) {
    std::set<double> values;
    for (const size_t k : slices)
      if (const auto& value = stack.slices[k].header.*member) values.insert(*value);
    std::map<double, size_t> cells;
    size_t cell = 0;
    for (auto at = values.begin(); at != values.end(); ++at) {
      if (at != values.begin() && is_far(*std::prev(at), *at)) ++cell;
      cells[*at] = cell;
    }
    const bool has_several = cell > 0;
    for (const size_t k : slices) {
      const auto& value = stack.slices[k].header.*member;
      of_.push_back(value ? cells[*value] : has_several ? cell + 1 : 0);
    }
    count_ = has_several ? cell + 2 : 1;
  }
  [[nodiscard]] bool varies() const { return count_ > 1; }
  [[nodiscard]] bool is_forgotten() const { return is_forgotten_; }
  /// What it says is no property of a volume.
  void forget() {
    std::ranges::fill(of_, size_t{0});
    count_ = 1;
    is_forgotten_ = true;
  }
  [[nodiscard]] size_t operator[](size_t i) const { return of_[i]; }

 private:
  std::vector<size_t> of_;  // by place among the slices
  size_t count_ = 0;
  bool is_forgotten_ = false;
};

/// Slices that are alike in all columns; in the order of their first ones.
std::vector<Group> grouped(const Group& slices, std::span<const Column* const> columns) {
  std::map<std::vector<size_t>, size_t> known;
  std::vector<Group> out;
  for (size_t i = 0; i < slices.size(); ++i) {
    std::vector<size_t> key;
    for (const Column* column : columns) key.push_back((*column)[i]);
    const auto [at, is_new] = known.try_emplace(std::move(key), out.size());
    if (is_new) out.emplace_back();
    out[at->second].push_back(slices[i]);
  }
  return out;
}

/// Of each slice the number of its place along the normal.
std::vector<size_t> places_of(const DicomSeries& stack) {
  const DicomFrame& first = stack.slices.front().header;
  const Eigen::Vector3d normal = first.row_direction.cross(first.column_direction).normalized();
  std::vector<double> along;
  for (const DicomSlice& slice : stack.slices) along.push_back(normal.dot(slice.header.position_mm));
  std::vector<size_t> order(along.size()), places(along.size());
  std::iota(order.begin(), order.end(), size_t{0});
  std::ranges::sort(order, {}, [&](size_t k) { return along[k]; });
  for (size_t i = 1; i < order.size(); ++i)
    places[order[i]] =
        places[order[i - 1]] + (along[order[i]] - along[order[i - 1]] < kRepeatedMm ? size_t{0} : size_t{1});
  return places;
}

class Parting {
 public:
  explicit Parting(const DicomSeries& stack) : stack_(stack), places_(places_of(stack)) {
    Group all(stack.slices.size());
    std::iota(all.begin(), all.end(), size_t{0});
    parts_ = {{std::move(all), stack.part, {}}};
    part_moments();
    for (const Attribute& attribute : sequences()) part_sequences(attribute);
    part_others();
  }
  struct Part {
    Group slices;
    std::string name;
    std::vector<std::string> warnings;
  };
  [[nodiscard]] std::vector<Part> take() && { return std::move(parts_); }

 private:
  [[nodiscard]] size_t count_places(const Group& slices) const {
    std::set<size_t> seen;
    for (const size_t k : slices) seen.insert(places_[k]);
    return seen.size();
  }
  [[nodiscard]] bool is_repeated(const Group& slices) const { return count_places(slices) < slices.size(); }

  [[nodiscard]] std::string value(const Attribute& attribute, size_t k) const {
    const DicomSlice& slice = stack_.slices[k];
    return attribute.value(stack_.headers[slice.file], slice.header);
  }
  void name(Part& part, const Attribute& attribute) const {
    const std::string text = value(attribute, part.slices.front());
    if (attribute.has_key) return;
    part.name += (part.name.empty() ? "" : "; ") + std::string(attribute.name) + " " +
                 (text.empty() ? "absent" : text);
  }

  [[nodiscard]] bool is_even(const Group& slices) const { return is_one_stack(slices_of(stack_, slices)); }

  /// "RepetitionTime differs between slices: "3000" and "5000"", of the first two groups that do.
  [[nodiscard]] std::string differs(const Attribute& attribute, const std::vector<Group>& groups) const {
    const std::string first = value(attribute, groups.front().front());
    const auto other = std::ranges::find_if(
        groups, [&](const Group& group) { return value(attribute, group.front()) != first; });
    const auto text = [](const std::string& v) { return v.empty() ? "none" : "\"" + v + "\""; };
    return std::string(attribute.name) + " differs between slices: " + text(first) + " and " +
           text(other == groups.end() ? first : value(attribute, other->front()));
  }

  /// Whether the slices of one evenly spaced stack may differ so: triggered scans' times do, and what some
  /// lack is no other value.
  [[nodiscard]] bool may_vary(const Attribute& attribute, const std::vector<Group>& groups) const {
    if (std::string_view(attribute.name) == "RepetitionTime") return true;
    const auto lack = std::ranges::count_if(
        groups, [&](const Group& group) { return value(attribute, group.front()).empty(); });
    return lack == 1 && groups.size() == 2;
  }

  /// Whether each of its values has one place of several: then it numbers frames or places, not moments.
  [[nodiscard]] bool numbers_places(const Group& slices, const Column& column) const {
    const Column* const columns[] = {&column};
    return count_places(slices) > 1 && std::ranges::all_of(grouped(slices, columns), [&](const Group& group) {
             return count_places(group) == 1;
           });
  }

  void part_moments() {
    const Part all = parts_.front();
    constexpr size_t kTimes = 2;  // of the moments, the first ones: those that are numbers of moments
    std::vector<Column> columns;
    for (const Attribute& attribute : moments()) columns.emplace_back(stack_, all.slices, attribute);
    if (is_repeated(all.slices))
      for (size_t i = 0; i < kTimes; ++i)
        if (columns[i].varies() && numbers_places(all.slices, columns[i])) columns[i].forget();
    std::vector<const Column*> varying;
    for (const Column& column : columns)
      if (column.varies()) varying.push_back(&column);
    const bool is_enhanced = stack_.slices.front().header.has_groups;
    std::vector<Group> groups = grouped(all.slices, varying);
    // Some scanners number the slices of one volume so, or those that were measured together.
    const bool is_one = groups.size() > 1 && !is_repeated(all.slices) &&
                        (groups.size() == all.slices.size() || is_even(all.slices));
    std::vector<std::string> warnings;
    for (size_t i = 0; is_one && groups.size() < all.slices.size() && i < columns.size(); ++i)
      if (columns[i].varies()) warnings.push_back(differs(moments()[i], groups));
    if (is_one) groups = {all.slices};
    parts_.clear();
    size_t most = 0;
    for (const Group& group : groups) most = std::max(most, group.size());
    for (Group& group : groups) {
      Part part{std::move(group), all.name, warnings};
      for (size_t i = 0; i < columns.size(); ++i) {
        if (columns[i].is_forgotten()) continue;
        const bool is_there = !value(moments()[i], part.slices.front()).empty();
        if (columns[i].varies() ? !is_one && (is_there || i < 3) : is_there && is_enhanced)
          name(part, moments()[i]);
      }
      if (part.slices.size() < most)
        part.warnings.push_back(part.name + " has " + std::to_string(part.slices.size()) +
                                (part.slices.size() == 1 ? " slice" : " slices") +
                                ", others of its series up to " + std::to_string(most));
      parts_.push_back(std::move(part));
    }
  }

  [[nodiscard]] Column column_of(const Group& slices, const Attribute& attribute) const {
    constexpr double kOtherTime = 1.5, kOtherAngleDeg = 0.5;  // triggered scans' times vary by some percent
    if (std::string_view(attribute.name) == "RepetitionTime")
      return {stack_, slices, &DicomFrame::repetition_time_ms,
              [](double a, double b) { return b > kOtherTime * a; }};
    if (std::string_view(attribute.name) == "FlipAngle")
      return {stack_, slices, &DicomFrame::flip_angle_deg,
              [](double a, double b) { return b - a > kOtherAngleDeg; }};
    return {stack_, slices, attribute};
  }

  void part_sequences(const Attribute& attribute) {
    std::vector<Part> out;
    for (Part& part : parts_) {
      const Column column = column_of(part.slices, attribute);
      if (!column.varies()) {
        out.push_back(std::move(part));
        continue;
      }
      const Column* const columns[] = {&column};
      std::vector<Group> groups = grouped(part.slices, columns);
      const bool has_single = std::ranges::any_of(groups, [](const Group& g) { return g.size() == 1; });
      if (!is_repeated(part.slices) &&
          (has_single || (may_vary(attribute, groups) && is_even(part.slices)))) {
        part.warnings.push_back(differs(attribute, groups));
        out.push_back(std::move(part));
        continue;
      }
      for (Group& group : groups) {
        Part one{std::move(group), part.name, part.warnings};
        name(one, attribute);
        out.push_back(std::move(one));
      }
    }
    parts_ = std::move(out);
  }

  /// Whether all have the same places, each once.
  [[nodiscard]] bool are_complete(const std::vector<Group>& groups, size_t places) const {
    return std::ranges::all_of(
        groups, [&](const Group& g) { return g.size() == places && count_places(g) == places; });
  }

  void part_others() {
    std::vector<Part> out;
    for (Part& part : parts_) {
      const size_t places = count_places(part.slices);
      if (places == part.slices.size() || part.slices.size() % places != 0 ||
          !part_by_others(part, places, out))
        out.push_back(std::move(part));
    }
    parts_ = std::move(out);
  }

  /// By one attribute, or by two.
  bool part_by_others(const Part& part, size_t places, std::vector<Part>& out) const {
    const std::vector<Attribute>& all = others();
    std::vector<Column> columns;
    for (const Attribute& attribute : all) columns.emplace_back(stack_, part.slices, attribute);
    const auto part_by = [&](const std::vector<size_t>& which) {
      std::vector<const Column*> chosen;
      for (const size_t i : which) chosen.push_back(&columns[i]);
      std::vector<Group> groups = grouped(part.slices, chosen);
      if (!are_complete(groups, places)) return false;
      for (Group& group : groups) {
        Part one{std::move(group), part.name, part.warnings};
        for (const size_t i : which) name(one, all[i]);
        out.push_back(std::move(one));
      }
      return true;
    };
    for (size_t i = 0; i < all.size(); ++i)
      if (columns[i].varies() && part_by({i})) return true;
    for (size_t i = 0; i < all.size(); ++i)
      for (size_t j = i + 1; j < all.size(); ++j)
        if (columns[i].varies() && columns[j].varies() && part_by({i, j})) return true;
    return false;
  }

  const DicomSeries& stack_;
  std::vector<size_t> places_;  // of each slice
  std::vector<Part> parts_;
};

}  // namespace

std::vector<DicomSeries> part_volumes(DicomSeries stack) {
  std::vector<Parting::Part> parts = Parting(stack).take();
  std::vector<DicomSeries> out;
  if (parts.size() == 1) {
    stack.part = std::move(parts[0].name);
    stack.warnings.insert(stack.warnings.end(), parts[0].warnings.begin(), parts[0].warnings.end());
    out.push_back(std::move(stack));
    return out;
  }
  for (Parting::Part& part : parts) {
    DicomSeries volume = slices_of(stack, part.slices);
    volume.part = std::move(part.name);
    volume.warnings.insert(volume.warnings.end(), part.warnings.begin(), part.warnings.end());
    out.push_back(std::move(volume));
  }
  return out;
}

std::string slice_differences(const DicomSeries& series, const DicomSlice& a, const DicomSlice& b) {
  std::vector<std::string> out;
  const auto compare = [&](const Attribute& attribute) {
    const std::string of_a = attribute.value(series.headers[a.file], a.header);
    const std::string of_b = attribute.value(series.headers[b.file], b.header);
    const auto text = [](const std::string& value) { return value.empty() ? "none" : "\"" + value + "\""; };
    if (of_a != of_b)
      out.push_back(std::string(attribute.name) + " (" + text(of_a) + " and " + text(of_b) + ")");
  };
  for (const Attribute& attribute : moments()) compare(attribute);
  for (const Attribute& attribute : sequences()) compare(attribute);
  for (const Attribute& attribute : others()) compare(attribute);
  return joined(out);
}

}  // namespace trivox
