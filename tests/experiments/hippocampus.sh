#!/usr/bin/env bash
# Hippocampus of the Medical Segmentation Decathlon, nnU-Net's layout: preprocess, train on four folds,
# predict and score the fifth, with the time each step takes.
# usage: hippocampus.sh BIN_DIR DATASET OUT_DIR     (about 9 minutes on 2 cores)
set -euo pipefail
trivox=$1/trivox data=$2 out=$3
config=$(dirname "$0")/../../configs/nifti.yaml
rm -rf "${out:?}"
mkdir -p "$out"
start=$SECONDS
step() { local from=$SECONDS; "$@"; echo "--- $2: $((SECONDS - from)) s"; }
step "$trivox" preprocess "$data" --config "$config" --out "$out/shards"
step "$trivox" train "$out/shards" --config "$config" --out "$out/run"
step "$trivox" predict "$out/run" "$out/shards" --split validation --out "$out/predictions"
step "$trivox" evaluate "$out/predictions" "$data" --config "$config" --out "$out/report"
echo "--- all: $((SECONDS - start)) s"
