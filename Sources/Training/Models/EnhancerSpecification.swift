// SPDX-License-Identifier: Apache-2.0
import Architectures
public import Datasets
public import Network

/// Which enhancer to build.
public struct EnhancerSpecification: Codable, Hashable, Sendable {
  /// How a U-Net enlarges.
  public enum Upsampling: String, Codable, CaseIterable, Sendable {
    case transposed, nearest, bilinear
  }

  /// `unet`, or `own(a-b)`: a plain autoencoder of a encoding and b decoding layers, 1 to 6 of
  /// each.
  public var architecture: String
  /// Channels at full resolution.
  public var width: Int
  /// Levels of a U-Net below full resolution; 3 where it is not given.
  public var depth: Int?
  /// `sigmoid`, where it is not given; `residual`, or `bounded:` and the largest change of a pixel.
  public var head: String?
  /// `transposed` where it is not given.
  public var upsampling: Upsampling?

  /// A U-Net of 16 channels, unless told otherwise.
  public init(
    _ architecture: String = "unet", width: Int = 16, depth: Int? = nil, head: String? = nil,
    upsampling: Upsampling? = nil
  ) {
    self.architecture = architecture
    self.width = width
    self.depth = depth
    self.head = head
    self.upsampling = upsampling
  }

  /// What is wrong with it, for people.
  public var problem: String? {
    if !(1...512).contains(width) { return "width \(width): expected 1 to 512" }
    if let depth, !(1...6).contains(depth) { return "depth \(depth): expected 1 to 6" }
    if parsedHead == nil {
      return "head \(head ?? ""): expected sigmoid, residual or bounded:0.1"
    }
    if architecture != "unet" && layers == nil {
      return "architecture \(architecture): expected unet or own(4-4)"
    }
    return nil
  }

  private var parsedHead: EnhancerHead? {
    switch head ?? "sigmoid" {
    case "sigmoid": return .sigmoid
    case "residual": return .residual
    case let text:
      guard text.hasPrefix("bounded:"), let limit = Float(text.dropFirst("bounded:".count)),
        limit > 0, limit <= 1
      else { return nil }
      return .boundedResidual(limit: limit)
    }
  }

  /// Of a plain autoencoder.
  private var layers: (encoding: Int, decoding: Int)? {
    let numbers = architecture.dropFirst("own(".count).dropLast().split(separator: "-")
    guard architecture.hasPrefix("own("), architecture.hasSuffix(")"), numbers.count == 2,
      let encoding = Int(numbers[0]), let decoding = Int(numbers[1]),
      (1...6).contains(encoding), (1...6).contains(decoding)
    else { return nil }
    return (encoding, decoding)
  }

  /// - Throws: `GraphError`, or `TrainingError.mismatch` when the images are too small.
  public func graph(height: Int, width imageWidth: Int) throws -> Graph {
    if let problem { throw TrainingError.mismatch(problem) }
    if let (encoding, decoding) = layers {
      var builder = PlainAutoencoder(
        imageHeight: height, imageWidth: imageWidth, encodingLayers: encoding,
        decodingLayers: decoding)
      builder.width = width
      return try builder.graph()
    }
    var builder = UNet(imageHeight: height, imageWidth: imageWidth)
    builder.width = width
    builder.depth = depth ?? 3
    builder.head = parsedHead ?? .sigmoid
    builder.upsampling =
      switch upsampling ?? .transposed {
      case .transposed: .transposedConvolution
      case .nearest: .nearest
      case .bilinear: .bilinear
      }
    // The U-Net pads to a multiple of this by mirroring, which cannot double a side.
    guard min(height, imageWidth) > (1 << builder.depth) / 2 else {
      throw TrainingError.mismatch(
        "images of \(height)×\(imageWidth) are too small for a U-Net of \(builder.depth) levels: "
          + "give a smaller depth")
    }
    return try builder.graph()
  }

  /// The untrained enhancer of these images.
  public func model(for images: Dataset, seed: UInt64) throws -> Model {
    try .untrained(
      .enhancer, try graph(height: images.height, width: images.width), labels: [], seed: seed)
  }
}
