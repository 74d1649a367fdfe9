import sys
import webdataset as wds

for sample in wds.WebDataset(sys.argv[1], shardshuffle=False).decode():
    image, channels = sample["image.npy"], sample["json"]["channels"]
    print(sample["__key__"], image.shape, image.dtype, [channel["name"] for channel in channels])
