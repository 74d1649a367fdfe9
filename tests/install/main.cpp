// Somebody else's program: a header of each library that they may link.
#include "evaluate/metrics.h"
#include "loader/feed.h"
#ifdef CONSUMER_HAS_TORCH
#include "models/tensor.h"
#endif

int main(int, char** argv) { return trivox::read_manifest(argv[1]).samples.empty() ? 1 : 0; }
