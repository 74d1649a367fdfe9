#pragma once
#include "loader/dicom/elements.h"

/// The elements that trivox reads (DICOM PS3.6).
namespace trivox::dicom {

#define TRIVOX_DICOM_ATTRIBUTE(name, group, element, vr) \
  inline constexpr DicomAttribute name = {uint32_t{group} << 16 | element, dicom_vr(vr), #name}

TRIVOX_DICOM_ATTRIBUTE(MediaStorageSOPClassUID, 0x0002, 0x0002, "UI");
TRIVOX_DICOM_ATTRIBUTE(SpecificCharacterSet, 0x0008, 0x0005, "CS");
TRIVOX_DICOM_ATTRIBUTE(ImageType, 0x0008, 0x0008, "CS");
TRIVOX_DICOM_ATTRIBUTE(SOPClassUID, 0x0008, 0x0016, "UI");
TRIVOX_DICOM_ATTRIBUTE(SOPInstanceUID, 0x0008, 0x0018, "UI");
TRIVOX_DICOM_ATTRIBUTE(Modality, 0x0008, 0x0060, "CS");
TRIVOX_DICOM_ATTRIBUTE(SeriesDescription, 0x0008, 0x103e, "LO");
TRIVOX_DICOM_ATTRIBUTE(ManufacturerModelName, 0x0008, 0x1090, "LO");
TRIVOX_DICOM_ATTRIBUTE(FrameType, 0x0008, 0x9007, "CS");
TRIVOX_DICOM_ATTRIBUTE(ComplexImageComponent, 0x0008, 0x9208, "CS");
TRIVOX_DICOM_ATTRIBUTE(PatientName, 0x0010, 0x0010, "PN");
TRIVOX_DICOM_ATTRIBUTE(PatientID, 0x0010, 0x0020, "LO");
TRIVOX_DICOM_ATTRIBUTE(PatientBirthDate, 0x0010, 0x0030, "DA");
TRIVOX_DICOM_ATTRIBUTE(PatientSex, 0x0010, 0x0040, "CS");
TRIVOX_DICOM_ATTRIBUTE(SliceThickness, 0x0018, 0x0050, "DS");
TRIVOX_DICOM_ATTRIBUTE(RepetitionTime, 0x0018, 0x0080, "DS");
TRIVOX_DICOM_ATTRIBUTE(EchoTime, 0x0018, 0x0081, "DS");
TRIVOX_DICOM_ATTRIBUTE(InversionTime, 0x0018, 0x0082, "DS");
TRIVOX_DICOM_ATTRIBUTE(SpacingBetweenSlices, 0x0018, 0x0088, "DS");
TRIVOX_DICOM_ATTRIBUTE(EchoNumbers, 0x0018, 0x0086, "IS");
TRIVOX_DICOM_ATTRIBUTE(TriggerTime, 0x0018, 0x1060, "DS");
TRIVOX_DICOM_ATTRIBUTE(FlipAngle, 0x0018, 0x1314, "DS");
TRIVOX_DICOM_ATTRIBUTE(EffectiveEchoTime, 0x0018, 0x9082, "FD");
TRIVOX_DICOM_ATTRIBUTE(DiffusionBValue, 0x0018, 0x9087, "FD");
TRIVOX_DICOM_ATTRIBUTE(DiffusionGradientOrientation, 0x0018, 0x9089, "FD");
TRIVOX_DICOM_ATTRIBUTE(StudyInstanceUID, 0x0020, 0x000d, "UI");
TRIVOX_DICOM_ATTRIBUTE(SeriesInstanceUID, 0x0020, 0x000e, "UI");
TRIVOX_DICOM_ATTRIBUTE(SeriesNumber, 0x0020, 0x0011, "IS");
TRIVOX_DICOM_ATTRIBUTE(AcquisitionNumber, 0x0020, 0x0012, "IS");
TRIVOX_DICOM_ATTRIBUTE(ImagePositionPatient, 0x0020, 0x0032, "DS");
TRIVOX_DICOM_ATTRIBUTE(ImageOrientation, 0x0020, 0x0035, "DS");  // of ACR-NEMA
TRIVOX_DICOM_ATTRIBUTE(ImageOrientationPatient, 0x0020, 0x0037, "DS");
TRIVOX_DICOM_ATTRIBUTE(FrameOfReferenceUID, 0x0020, 0x0052, "UI");
TRIVOX_DICOM_ATTRIBUTE(InstanceNumber, 0x0020, 0x0013, "IS");
TRIVOX_DICOM_ATTRIBUTE(ConcatenationUID, 0x0020, 0x9161, "UI");
TRIVOX_DICOM_ATTRIBUTE(InConcatenationNumber, 0x0020, 0x9162, "US");
TRIVOX_DICOM_ATTRIBUTE(InConcatenationTotalNumber, 0x0020, 0x9163, "US");
TRIVOX_DICOM_ATTRIBUTE(ConcatenationFrameOffsetNumber, 0x0020, 0x9228, "UL");
TRIVOX_DICOM_ATTRIBUTE(TemporalPositionIdentifier, 0x0020, 0x0100, "IS");
TRIVOX_DICOM_ATTRIBUTE(NominalCardiacTriggerDelayTime, 0x0020, 0x9153, "FD");
TRIVOX_DICOM_ATTRIBUTE(FrameAcquisitionNumber, 0x0020, 0x9156, "US");
TRIVOX_DICOM_ATTRIBUTE(DimensionIndexValues, 0x0020, 0x9157, "UL");
TRIVOX_DICOM_ATTRIBUTE(StackID, 0x0020, 0x9056, "SH");
TRIVOX_DICOM_ATTRIBUTE(TemporalPositionIndex, 0x0020, 0x9128, "UL");
TRIVOX_DICOM_ATTRIBUTE(SamplesPerPixel, 0x0028, 0x0002, "US");
TRIVOX_DICOM_ATTRIBUTE(PhotometricInterpretation, 0x0028, 0x0004, "CS");
TRIVOX_DICOM_ATTRIBUTE(NumberOfFrames, 0x0028, 0x0008, "IS");
TRIVOX_DICOM_ATTRIBUTE(Rows, 0x0028, 0x0010, "US");
TRIVOX_DICOM_ATTRIBUTE(Columns, 0x0028, 0x0011, "US");
TRIVOX_DICOM_ATTRIBUTE(PixelSpacing, 0x0028, 0x0030, "DS");
TRIVOX_DICOM_ATTRIBUTE(BitsAllocated, 0x0028, 0x0100, "US");
TRIVOX_DICOM_ATTRIBUTE(BitsStored, 0x0028, 0x0101, "US");
TRIVOX_DICOM_ATTRIBUTE(HighBit, 0x0028, 0x0102, "US");
TRIVOX_DICOM_ATTRIBUTE(PixelRepresentation, 0x0028, 0x0103, "US");
TRIVOX_DICOM_ATTRIBUTE(RescaleIntercept, 0x0028, 0x1052, "DS");
TRIVOX_DICOM_ATTRIBUTE(RescaleSlope, 0x0028, 0x1053, "DS");
TRIVOX_DICOM_ATTRIBUTE(ModalityLUTSequence, 0x0028, 0x3000, "SQ");
TRIVOX_DICOM_ATTRIBUTE(LossyImageCompression, 0x0028, 0x2110, "CS");
TRIVOX_DICOM_ATTRIBUTE(ExtendedOffsetTable, 0x7fe0, 0x0001, "OV");
TRIVOX_DICOM_ATTRIBUTE(FloatPixelData, 0x7fe0, 0x0008, "OF");
TRIVOX_DICOM_ATTRIBUTE(DoubleFloatPixelData, 0x7fe0, 0x0009, "OD");

// Sequences of multi-frame images (PS3.3, C.7.6.16).
TRIVOX_DICOM_ATTRIBUTE(SharedFunctionalGroupsSequence, 0x5200, 0x9229, "SQ");
TRIVOX_DICOM_ATTRIBUTE(PerFrameFunctionalGroupsSequence, 0x5200, 0x9230, "SQ");
TRIVOX_DICOM_ATTRIBUTE(PlanePositionSequence, 0x0020, 0x9113, "SQ");
TRIVOX_DICOM_ATTRIBUTE(PlaneOrientationSequence, 0x0020, 0x9116, "SQ");
TRIVOX_DICOM_ATTRIBUTE(PixelMeasuresSequence, 0x0028, 0x9110, "SQ");
TRIVOX_DICOM_ATTRIBUTE(PixelValueTransformationSequence, 0x0028, 0x9145, "SQ");
TRIVOX_DICOM_ATTRIBUTE(FrameContentSequence, 0x0020, 0x9111, "SQ");
TRIVOX_DICOM_ATTRIBUTE(MREchoSequence, 0x0018, 0x9114, "SQ");
TRIVOX_DICOM_ATTRIBUTE(MRTimingAndRelatedParametersSequence, 0x0018, 0x9112, "SQ");
TRIVOX_DICOM_ATTRIBUTE(MRDiffusionSequence, 0x0018, 0x9117, "SQ");
TRIVOX_DICOM_ATTRIBUTE(CardiacSynchronizationSequence, 0x0018, 0x9118, "SQ");
TRIVOX_DICOM_ATTRIBUTE(MRModifierSequence, 0x0018, 0x9115, "SQ");
TRIVOX_DICOM_ATTRIBUTE(InversionTimes, 0x0018, 0x9079, "FD");
TRIVOX_DICOM_ATTRIBUTE(DiffusionGradientDirectionSequence, 0x0018, 0x9076, "SQ");
TRIVOX_DICOM_ATTRIBUTE(MRImageFrameTypeSequence, 0x0018, 0x9226, "SQ");
TRIVOX_DICOM_ATTRIBUTE(CTImageFrameTypeSequence, 0x0018, 0x9329, "SQ");
TRIVOX_DICOM_ATTRIBUTE(PETFrameTypeSequence, 0x0018, 0x9751, "SQ");

// Private ones; 00 stands for the block that the creator reserved.
inline constexpr const char* kPhilipsScaleCreator = "Philips MR Imaging DD 001";
inline constexpr const char* kPhilipsFrameCreator = "Philips MR Imaging DD 005";
TRIVOX_DICOM_ATTRIBUTE(PhilipsScaleSlope, 0x2005, 0x000e, "FL");
TRIVOX_DICOM_ATTRIBUTE(PhilipsFrameSequence, 0x2005, 0x000f, "SQ");
inline constexpr const char* kSiemensMrCreator = "SIEMENS MR HEADER";
TRIVOX_DICOM_ATTRIBUTE(NumberOfImagesInMosaic, 0x0019, 0x000a, "US");
inline constexpr const char* kSiemensCsaCreator = "SIEMENS CSA HEADER";
TRIVOX_DICOM_ATTRIBUTE(CSAImageHeaderInfo, 0x0029, 0x0010, "OB");
// Of United Imaging, by what dcm2niix knows of it: a number, or a sequence with an item an image.
inline constexpr const char* kUihImageCreator = "Image Private Header";
TRIVOX_DICOM_ATTRIBUTE(NumberOfImagesInGrid, 0x0065, 0x0050, "DS");

#undef TRIVOX_DICOM_ATTRIBUTE

// Transfer syntaxes that are not compressed (PS3.5, annex A; the last one is General Electric's own).
inline constexpr const char* kImplicitSyntax = "1.2.840.10008.1.2";
inline constexpr const char* kExplicitSyntax = "1.2.840.10008.1.2.1";
inline constexpr const char* kExplicitBigSyntax = "1.2.840.10008.1.2.2";
inline constexpr const char* kDeflatedSyntax = "1.2.840.10008.1.2.1.99";
inline constexpr const char* kImplicitWithBigPixelsSyntax = "1.2.840.113619.5.2";

}  // namespace trivox::dicom
