#pragma once

/// Before a function that holds a loop over many voxels: it is compiled for AVX-512, AVX2 and the
/// baseline, and the program takes the one that fits when it starts. All give the same bits, since
/// nothing here is fused or reordered (-ffp-contract=off, no -ffast-math). What it calls must be
/// inline. Not under sanitizers: what chooses runs before they are ready.
#if defined(__x86_64__) && defined(__GNUC__) && !defined(__clang__) && !defined(__SANITIZE_ADDRESS__) && \
    !defined(__SANITIZE_THREAD__)
#define TRIVOX_MULTIVERSION __attribute__((target_clones("arch=x86-64-v4", "arch=x86-64-v3", "default")))
#else
#define TRIVOX_MULTIVERSION
#endif

/// What such a function calls, so that it is compiled with it; also behind a lambda's parameters.
#if defined(__GNUC__)
#define TRIVOX_INLINED __attribute__((always_inline))
#else
#define TRIVOX_INLINED
#endif
