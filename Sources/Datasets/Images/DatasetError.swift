// SPDX-License-Identifier: Apache-2.0

/// Why a data set could not be read, split, joined or written.
///
/// `message` says it in one line that names the file, the place and what was expected.
public enum DatasetError: Error, Equatable, Sendable, CustomStringConvertible {
  /// A file or folder cannot be opened or read: check that it exists and may be read.
  case unreadable(path: String, reason: String)
  /// Nothing at `path` looks like a data set: give a folder per class, CIFAR-10, STL-10 or a packed
  /// file.
  case unrecognised(path: String)
  /// The folder holds no folder per class: put the pictures of each class in a folder of its own.
  case noClasses(path: String)
  /// A class folder without pictures: fill it or remove it.
  case emptyClass(path: String)
  /// There is no image to work with.
  case noImages(name: String)
  /// A folder where a picture was expected: point at the folder that holds the class folders.
  case nestedFolder(path: String)
  /// A file that is no PNG, JPEG or PPM: convert it or remove it.
  case unsupportedPicture(path: String)
  /// A picture that is damaged, truncated or not what its name says.
  case undecodablePicture(path: String, reason: String)
  /// Pictures of several sizes: ask for a size to resize them to.
  case mixedSizes(path: String, size: Size, firstPath: String, firstSize: Size)
  /// A size that no image can have.
  case invalidSize(Size)
  /// A binary file of the wrong length: it is truncated, or of another kind.
  case wrongByteCount(path: String, byteCount: Int, expected: String)
  /// The pixels do not fit in the machine's memory: ask for smaller images.
  case tooLarge(name: String, imageCount: Int, size: Size)
  /// The system refuses the memory for the images: ask for smaller ones.
  case outOfMemory(name: String, byteCount: Int)
  /// A label outside of the classes: `record` counts from 0.
  case wrongLabel(path: String, record: Int, label: Int, expected: ClosedRange<Int>)
  /// A list of class names that does not fit the labels.
  case wrongClassNames(path: String, count: Int, expected: Int)
  /// A test folder has a class that the train folder lacks.
  case unknownClass(path: String, knownIn: String)
  /// A data set without the part that was asked for.
  case missingPart(path: String, part: DatasetPart)
  /// A packed file that is damaged or was not written by `Dataset.pack(to:)`.
  case malformedPack(path: String, reason: String)
  /// More images are wanted than there are, or none.
  case impossibleSplit(name: String, wanted: [Int], available: Int)
  /// A fraction outside of (0, 1].
  case invalidFraction(Double)
  /// The same images in two parts that must be disjoint.
  case overlap(count: Int, first: String, firstImage: String, second: String, secondImage: String)
  /// Two data sets that do not go together, such as degraded images and other clean ones.
  case incompatible(first: String, second: String, reason: String)
  /// A setting of the augmentation that makes no sense for these images.
  case invalidAugmentation(reason: String)
  /// A batch size below 1, or above the number of images when short batches are dropped.
  case invalidBatchSize(Int, imageCount: Int)
  /// A place to resume from that is in no epoch of this loader: it belongs to another batch size or
  /// data set.
  case invalidPosition(BatchPosition, batchesPerEpoch: Int)
  /// A degradation that is not written as `dull=0.4,blur=1,noise=0.05,jpeg=20`.
  case invalidDegradation(text: String, reason: String)
  /// An image that could not be processed: its codec is not built in, or memory ran out.
  case unusableImage(image: String, reason: String)
  /// A file cannot be written: check the folder and the free space.
  case unwritable(path: String, reason: String)

  /// Width and height in pixels.
  public struct Size: Equatable, Sendable, CustomStringConvertible {
    /// Pixels from left to right.
    public var width: Int
    /// Pixels from top to bottom.
    public var height: Int

    /// A size, in pixels.
    public init(width: Int, height: Int) { (self.width, self.height) = (width, height) }

    /// Such as `32x32`.
    public var description: String { "\(width)x\(height)" }
  }

  /// See `message`.
  public var description: String { message }

  /// One line for people: which file, which place, what was expected.
  public var message: String { fileMessage ?? settingMessage ?? "" }

  private var fileMessage: String? {
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
    default: nil
    }
  }

  private var settingMessage: String? {
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
    default: nil
    }
  }
}
