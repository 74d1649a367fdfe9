#include "models/weights.h"

#include <ATen/ops/empty.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <nlohmann/json.hpp>
#include <set>
#include <string_view>
#include <utility>

#include "transforms/error.h"

namespace trivox {
namespace {

struct TypeName {
  std::string_view name;
  at::ScalarType type;
};
constexpr std::array kTypes = {
    TypeName{"F64", at::kDouble},    TypeName{"F32", at::kFloat}, TypeName{"F16", at::kHalf},
    TypeName{"BF16", at::kBFloat16}, TypeName{"I64", at::kLong},  TypeName{"I32", at::kInt},
    TypeName{"U8", at::kByte},
};
constexpr uint64_t kLargestHeader = 100'000'000;  // as the reference implementation allows
constexpr uint64_t kLargestTensor = uint64_t{1} << 62;
constexpr size_t kLengthBytes = 8;

std::string_view name_of(at::ScalarType type, const std::string& tensor) {
  for (const TypeName& t : kTypes)
    if (t.type == type) return t.name;
  throw Error("safetensors type of " + tensor, c10::toString(type), "a float type, int64, int32 or uint8");
}

at::ScalarType type_of(const std::string& name, const std::string& tensor) {
  for (const TypeName& t : kTypes)
    if (t.name == name) return t.type;
  throw Error("safetensors dtype of " + tensor, name, "F64, F32, F16, BF16, I64, I32 or U8");
}

struct Header {
  nlohmann::ordered_json json;
  std::span<const std::byte> data;  // what follows
};

Header parse_header(std::span<const std::byte> bytes) {
  uint64_t length = 0;
  if (bytes.size() < kLengthBytes)
    throw Error("safetensors file size", std::to_string(bytes.size()) + " bytes", "at least 8");
  for (size_t i = 0; i < kLengthBytes; ++i) length |= static_cast<uint64_t>(bytes[i]) << (8 * i);
  if (length > kLargestHeader || length > bytes.size() - kLengthBytes)
    throw Error("safetensors header length", std::to_string(length),
                "at most the " + std::to_string(bytes.size() - kLengthBytes) + " bytes that follow");
  const char* text = reinterpret_cast<const char*>(bytes.data() + kLengthBytes);
  auto header = nlohmann::ordered_json::parse(text, text + length, nullptr, false);
  if (header.is_discarded() || !header.is_object())
    throw Error("safetensors header", "not a JSON object", "one");
  return {std::move(header), bytes.subspan(kLengthBytes + length)};
}

std::map<std::string, std::string> metadata_of(const nlohmann::ordered_json& header) {
  std::map<std::string, std::string> metadata;
  const auto found = header.find("__metadata__");
  if (found == header.end()) return metadata;
  if (!found->is_object()) throw Error("safetensors __metadata__", "not an object", "text by name");
  for (const auto& [key, value] : found->items()) {
    if (!value.is_string()) throw Error("safetensors __metadata__ " + key, value.dump(), "text");
    metadata[key] = value.get<std::string>();
  }
  return metadata;
}

struct Entry {
  std::string name;
  at::ScalarType type = at::kFloat;
  std::vector<int64_t> shape;
  uint64_t begin = 0;
  uint64_t end = 0;
};

// Checks that the offsets lie in the data and that their distance is what type and shape ask for.
Entry parse_entry(const std::string& name, const nlohmann::ordered_json& value, uint64_t data_bytes) {
  const auto bad = [&](const std::string& found) {
    return Error("safetensors entry " + name, found, "dtype, shape and data_offsets that agree");
  };
  const auto whole = [](const nlohmann::ordered_json& number) { return number.is_number_unsigned(); };
  if (!value.is_object() || !value.contains("dtype") || !value.contains("shape") ||
      !value.contains("data_offsets"))
    throw bad("incomplete");
  const auto& dtype = value["dtype"];
  const auto& shape = value["shape"];
  const auto& offsets = value["data_offsets"];
  if (!dtype.is_string() || !shape.is_array() || !offsets.is_array() || offsets.size() != 2 ||
      !std::ranges::all_of(shape, whole) || !std::ranges::all_of(offsets, whole))
    throw bad("of the wrong types");
  Entry entry{name,
              type_of(dtype.get<std::string>(), name),
              {},
              offsets[0].get<uint64_t>(),
              offsets[1].get<uint64_t>()};
  if (entry.begin > entry.end || entry.end > data_bytes)
    throw bad("bytes " + std::to_string(entry.begin) + " to " + std::to_string(entry.end) + " of " +
              std::to_string(data_bytes));
  const uint64_t bytes = entry.end - entry.begin;
  uint64_t expected = c10::elementSize(entry.type);  // with an extent of 0 counted as 1, as strides do
  bool empty = false;
  for (const auto& extent : shape) {
    const auto n = std::max<uint64_t>(extent.get<uint64_t>(), 1);
    empty |= extent.get<uint64_t>() == 0;
    if (expected > kLargestTensor / n) throw bad(std::to_string(bytes) + " bytes for " + shape.dump());
    expected *= n;
    entry.shape.push_back(extent.get<int64_t>());
  }
  if ((empty ? 0 : expected) != bytes) throw bad(std::to_string(bytes) + " bytes for " + shape.dump());
  return entry;
}

}  // namespace

void write_safetensors(std::ostream& out, const WeightFile& file) {
  nlohmann::ordered_json header = nlohmann::ordered_json::object();
  if (!file.metadata.empty()) header["__metadata__"] = file.metadata;
  std::set<std::string_view> names;
  uint64_t offset = 0;
  for (const auto& [name, value] : file.tensors) {
    if (!names.insert(name).second) throw Error("safetensors name", name, "each name once");
    const uint64_t bytes = value.nbytes();
    header[name] = {{"dtype", name_of(value.scalar_type(), name)},
                    {"shape", std::vector<int64_t>(value.sizes().begin(), value.sizes().end())},
                    {"data_offsets", {offset, offset + bytes}}};
    offset += bytes;
  }
  std::string text = header.dump();
  text.resize((text.size() + 7) / 8 * 8, ' ');
  std::array<char, kLengthBytes> length{};
  for (size_t i = 0; i < kLengthBytes; ++i)
    length[i] = static_cast<char>(uint64_t{text.size()} >> (8 * i) & 0xFF);
  out.write(length.data(), length.size());
  out.write(text.data(), static_cast<std::streamsize>(text.size()));
  for (const auto& [name, value] : file.tensors) {
    const at::Tensor plain = value.detach().cpu().contiguous();
    out.write(static_cast<const char*>(plain.const_data_ptr()), static_cast<std::streamsize>(plain.nbytes()));
  }
}

WeightFile parse_safetensors(std::span<const std::byte> bytes) {
  const auto [header, data] = parse_header(bytes);
  WeightFile file{{}, metadata_of(header)};
  std::vector<Entry> entries;
  for (const auto& [name, value] : header.items())
    if (name != "__metadata__") entries.push_back(parse_entry(name, value, data.size()));
  std::ranges::stable_sort(entries, {}, [](const Entry& e) { return std::pair(e.begin, e.end); });
  uint64_t next = 0;
  for (const Entry& entry : entries) {
    if (entry.begin != next)
      throw Error("safetensors entry " + entry.name, "at byte " + std::to_string(entry.begin),
                  std::to_string(next) + ", where the one before ends");
    next = entry.end;
  }
  if (next != data.size())
    throw Error("safetensors data", std::to_string(data.size()) + " bytes",
                std::to_string(next) + ", the end of the last entry");
  for (const Entry& entry : entries) {
    at::Tensor tensor = at::empty(entry.shape, at::TensorOptions(entry.type));
    if (entry.end > entry.begin)
      std::memcpy(tensor.mutable_data_ptr(), data.data() + entry.begin, entry.end - entry.begin);
    file.tensors.push_back({entry.name, tensor});
  }
  return file;
}

std::map<std::string, std::string> parse_safetensors_metadata(std::span<const std::byte> bytes) {
  return metadata_of(parse_header(bytes).json);
}

}  // namespace trivox
