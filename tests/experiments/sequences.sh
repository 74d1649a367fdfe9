#!/usr/bin/env bash
# Does the phantom need all three sequences? A network for each sequence alone, beside the demo's own of
# all three, and that one with its channels shuffled when it predicts. Uses what ./run demo made.
# usage: sequences.sh BIN_DIR DEMO_DIR OUT_DIR     (about 10 minutes on 2 cores)
set -euo pipefail
trivox=$1/trivox demo=$2 out=$3
config=$(dirname "$0")/../../configs/demo.yaml
mkdir -p "$out"

dice() { # name, predictions
  "$trivox" evaluate "$2" "$demo/data/still" --out "$out/report-$1" --no-html >/dev/null 2>&1 || true
  python3 - "$1" "$out/report-$1/scores.json" <<'PY'
import json, sys
dice = json.load(open(sys.argv[2]))["summary"]["dice"]
print(f"{sys.argv[1]:<28} {dice['mean']:.3f}  ({dice['min']:.3f}-{dice['max']:.3f}, n = {dice['n']})", flush=True)
PY
}

echo "network                      held-out Dice, mean (range)"
for channels in T1WI T2WI CE-T1WI; do
  rm -rf "${out:?}/$channels"
  "$trivox" train "$demo/shards" --config "$config" --channels "$channels" --out "$out/$channels" >/dev/null 2>&1
  "$trivox" predict "$out/$channels" "$demo/data/still" --out "$out/$channels/predictions" >/dev/null 2>&1
  dice "$channels alone" "$out/$channels/predictions"
done
dice "all three" "$demo/predictions/still"
for order in 1,0,2 2,1,0 0,2,1 1,2,0 2,0,1; do
  "$trivox" predict "$demo/run" "$demo/data/still" --permute-channels $order \
    --out "$out/shuffled-$order" >/dev/null 2>&1
  dice "all three, in order $order" "$out/shuffled-$order"
done
