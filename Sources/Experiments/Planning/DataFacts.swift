// SPDX-License-Identifier: Apache-2.0
public import Datasets

/// What results say about the images they were measured on.
public struct DataFacts: Codable, Equatable, Sendable {
  /// Images in the training part, those held out among them.
  public var training: Int
  public var test: Int
  public var height: Int
  public var width: Int
  public var classes: [String]
  /// Test images that are training images, too, before both are thinned out.
  public var overlap: Int
  /// A hash of all images and labels, 32 hexadecimal digits.
  public var content: String

  public init(_ parts: DataSpecification.Parts) {
    training = parts.training.count
    test = parts.test.count
    height = parts.training.height
    width = parts.training.width
    classes = parts.training.classNames
    overlap = parts.overlapCount
    let hashes = [parts.training, parts.test, parts.cleanTraining, parts.cleanTest].map {
      $0?.contentHash.description ?? ""
    }
    content = ContentHash(of: Array(hashes.joined(separator: " ").utf8)).description
  }
}
