// SPDX-License-Identifier: Apache-2.0

extension DatasetError: CustomStringConvertible {
  public var description: String { message }

  /// One line for people: which file, which place, what was expected.
  public var message: String {
    switch self {
    case .unreadable, .unrecognised, .noClasses, .emptyClass, .noImages, .nestedFolder,
      .unsupportedPicture, .undecodablePicture, .mixedSizes, .unknownClass, .missingPart,
      .malformedPack, .wrongByteCount, .wrongLabel, .wrongClassNames, .unwritable:
      fileMessage
    default: settingMessage
    }
  }

  private var fileMessage: String {
    switch self {
    case .unreadable(let path, let reason): "\(path): cannot be read: \(reason)"
    case .unrecognised(let path):
      "\(path): not a data set: expected a folder per class (with or without train/ and test/), "
        + "CIFAR-10 binary (data_batch_1.bin …), STL-10 binary (train_X.bin …) or a packed file"
    case .noClasses(let path):
      "\(path): no class folders: expected \(path)/CLASS/PICTURE.{png,jpg,ppm}"
    case .emptyClass(let path): "\(path): class folder without pictures: fill it or remove it"
    case .noImages(let name): "\(name): no images"
    case .nestedFolder(let path):
      "\(path): a folder where a picture was expected: give the folder that holds the class folders"
    case .unsupportedPicture(let path):
      "\(path): not a picture that can be read: expected .png, .jpg, .jpeg, .ppm or .pgm"
    case .undecodablePicture(let path, let reason): "\(path): \(reason)"
    case .mixedSizes(let path, let size, let firstPath, let firstSize):
      "\(path): \(size) pixels, but \(firstPath) has \(firstSize): give a size to resize all to"
    case .wrongByteCount(let path, let byteCount, let expected):
      "\(path): \(byteCount) bytes: expected \(expected)"
    case .wrongLabel(let path, let record, let label, let expected):
      "\(path): label \(label) in record \(record): expected "
        + "\(expected.lowerBound) to \(expected.upperBound)"
    case .wrongClassNames(let path, let count, let expected):
      "\(path): \(count) class names: expected \(expected), one a line"
    case .unknownClass(let path, let knownIn): "\(path): no such class in \(knownIn)"
    case .missingPart(let path, let part): "\(path): has no \(part.rawValue) part"
    case .malformedPack(let path, let reason): "\(path): not a packed data set: \(reason)"
    case .unwritable(let path, let reason): "\(path): cannot be written: \(reason)"
    default: settingMessage
    }
  }

  private var settingMessage: String {
    switch self {
    case .invalidSize(let size): "size \(size): expected 1x1 to 16384x16384"
    case .tooLarge(let name, let imageCount, let size):
      "\(name): \(imageCount) images of \(size) pixels do not fit in memory: ask for smaller ones"
    case .outOfMemory(let name, let byteCount):
      "\(name): no memory for \(byteCount / 1_000_000) MB of images: ask for smaller ones"
    case .impossibleSplit(let name, let wanted, let available):
      "\(name): cannot be split into \(wanted.map(String.init).joined(separator: " + ")) images: "
        + "there are \(available), and each part needs one"
    case .invalidFraction(let fraction): "fraction \(fraction): expected more than 0, at most 1"
    case .overlap(let count, let first, let firstImage, let second, let secondImage):
      "\(count) images of \(second) are also in \(first) (\(secondImage) is \(firstImage)): "
        + "a model must not be tested on images that it was trained on"
    case .incompatible(let first, let second, let reason):
      "\(first) and \(second) do not go together: \(reason)"
    case .invalidAugmentation(let reason): "augmentation: \(reason)"
    case .invalidBatchSize(let size, let imageCount):
      "batch size \(size): expected 1 to \(imageCount), the number of images"
    case .invalidPosition(let position, let batchesPerEpoch):
      "epoch \(position.epoch), batch \(position.batch): an epoch has \(batchesPerEpoch) batches"
    case .invalidDegradation(let text, let reason): "degradation '\(text)': \(reason)"
    case .unusableImage(let image, let reason): "\(image): \(reason)"
    default: fileMessage
    }
  }
}
