#pragma once
#include <benchmark/benchmark.h>

#include <filesystem>

namespace trivox::bench {

/// Each times one thing over and over until `state` has enough. `data`: the folder or file that the
/// row of rows.py names. Every one sets the counter "work": a number that says how much was done,
/// voxels or files, which the peer must arrive at as well. May throw what the library throws.
using Measured = void (*)(benchmark::State& state, const std::filesystem::path& data);

void read(benchmark::State& state, const std::filesystem::path& data);
void read_float(benchmark::State& state, const std::filesystem::path& data);
void assemble_linear(benchmark::State& state, const std::filesystem::path& data);
void assemble_cubic(benchmark::State& state, const std::filesystem::path& data);
void preprocess(benchmark::State& state, const std::filesystem::path& data);
void list(benchmark::State& state, const std::filesystem::path& data);

}  // namespace trivox::bench
