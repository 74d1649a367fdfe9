"""The plain image that the golden scripts about coders compress; imported by them."""
import pydicom
from pydicom.dataset import FileDataset, FileMetaDataset
from pydicom.uid import ExplicitVRLittleEndian, MRImageStorage


def write(path, words, stored=None):
    """words: rows x columns, of the type to store; stored: BitsStored, all bits of a word by default."""
    meta = FileMetaDataset()
    meta.MediaStorageSOPClassUID, meta.MediaStorageSOPInstanceUID = MRImageStorage, "1.2.3.4.1"
    meta.TransferSyntaxUID = ExplicitVRLittleEndian
    d = FileDataset("", {}, file_meta=meta, preamble=b"\0" * 128)
    d.SOPClassUID, d.SOPInstanceUID, d.SeriesInstanceUID = MRImageStorage, "1.2.3.4.1", "1.2.3.4"
    d.StudyInstanceUID, d.Modality = "1.2.3", "MR"
    d.ImagePositionPatient, d.ImageOrientationPatient = [0, 0, 0], [1, 0, 0, 0, 1, 0]
    d.PixelSpacing, d.SliceThickness, (d.Rows, d.Columns) = [1, 1], "5", words.shape
    d.SamplesPerPixel, d.PhotometricInterpretation = 1, "MONOCHROME2"
    d.BitsAllocated = 8 * words.dtype.itemsize
    d.BitsStored = stored or d.BitsAllocated
    d.HighBit, d.PixelRepresentation = d.BitsStored - 1, int(words.dtype.kind == "i")
    d.PixelData = words.tobytes()
    d["PixelData"].VR = "OW"
    pydicom.dcmwrite(path, d, enforce_file_format=True)
