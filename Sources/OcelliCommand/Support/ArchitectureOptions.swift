// SPDX-License-Identifier: Apache-2.0
import Architectures
import ArgumentParser
import Kernels
import Network

/// Which classifier to build.
struct ClassifierOptions: ParsableArguments {
  enum Architecture: String, CaseIterable, ExpressibleByArgument {
    case smallCNN = "small-cnn"
    case vgg16, resnet8
    case mobileNetV1 = "mobilenet-v1"
    case speedRun = "speed-run"
  }

  @Option(help: "The classifier's architecture (default: small-cnn).")
  var architecture: Architecture?

  @Option(help: ArgumentHelp("Multiply the channels of all layers.", valueName: "factor"))
  var width: Float = 1

  @Flag(help: "Batch normalisation in VGG-16.")
  var normalized = false

  @Option(
    help: ArgumentHelp("Units of VGG-16's two dense layers (default: 512).", valueName: "n"))
  var denseUnits: Int?

  func validate() throws {
    guard width > 0, width <= 8 else {
      throw ValidationError("--width \(width): expected more than 0, at most 8")
    }
    try checkRange("dense-units", denseUnits, 1...65536)
    if architecture != .vgg16 {
      if normalized { throw ValidationError("--normalized needs --architecture vgg16") }
      if denseUnits != nil { throw ValidationError("--dense-units needs --architecture vgg16") }
    }
  }

  func graph(height: Int, width imageWidth: Int, classCount: Int) throws(GraphError) -> Graph {
    switch architecture ?? .smallCNN {
    case .smallCNN:
      var builder = SmallCNN(
        imageHeight: height, imageWidth: imageWidth, classCount: classCount)
      builder.width = max(1, Int((16 * width).rounded()))
      return try builder.graph()
    case .vgg16:
      var builder = VGG16(imageHeight: height, imageWidth: imageWidth, classCount: classCount)
      builder.width = width
      builder.isNormalized = normalized
      builder.denseUnits = denseUnits ?? 512
      return try builder.graph()
    case .resnet8:
      var builder = ResNet8(imageHeight: height, imageWidth: imageWidth, classCount: classCount)
      builder.width = width
      return try builder.graph()
    case .mobileNetV1:
      var builder = MobileNetV1(
        imageHeight: height, imageWidth: imageWidth, classCount: classCount)
      builder.width = width
      return try builder.graph()
    case .speedRun:
      var builder = SpeedRunNet(
        imageHeight: height, imageWidth: imageWidth, classCount: classCount)
      builder.widths = [64, 256, 256].map { max(8, Int((Float($0) * width / 8).rounded()) * 8) }
      return try builder.graph()
    }
  }
}

/// Which enhancer to build.
struct EnhancerOptions: ParsableArguments {
  enum Upsampling: String, CaseIterable, ExpressibleByArgument {
    case transposed, nearest, bilinear
  }

  @Option(
    help: ArgumentHelp(
      "unet, or own(a-b): a plain autoencoder of a encoding and b decoding layers, 1 to 6 of each.",
      valueName: "name"))
  var architecture = "unet"

  @Option(help: ArgumentHelp("Channels at full resolution.", valueName: "n"))
  var width = 16

  @Option(help: ArgumentHelp("Levels of the U-Net below full resolution.", valueName: "n"))
  var depth = 3

  @Option(
    help: ArgumentHelp(
      "sigmoid, residual, or bounded:LIMIT with the largest change of a pixel (of its range).",
      valueName: "head"))
  var head = "sigmoid"

  @Option(help: "How the U-Net enlarges.")
  var upsampling = Upsampling.transposed

  func validate() throws {
    try checkRange("width", width, 1...512)
    try checkRange("depth", depth, 1...6)
    _ = try parsedHead()
    _ = try autoencoderLayers()
  }

  private func parsedHead() throws -> EnhancerHead {
    switch head {
    case "sigmoid": return .sigmoid
    case "residual": return .residual
    default:
      guard head.hasPrefix("bounded:"), let limit = Float(head.dropFirst("bounded:".count)),
        limit > 0, limit <= 1
      else {
        throw ValidationError("--head \(head): expected sigmoid, residual or bounded:0.1")
      }
      return .boundedResidual(limit: limit)
    }
  }

  /// `nil` for a U-Net.
  private func autoencoderLayers() throws -> (encoding: Int, decoding: Int)? {
    if architecture == "unet" { return nil }
    let numbers = architecture.dropFirst("own(".count).dropLast().split(separator: "-")
    guard architecture.hasPrefix("own("), architecture.hasSuffix(")"), numbers.count == 2,
      let encoding = Int(numbers[0]), let decoding = Int(numbers[1]),
      (1...6).contains(encoding), (1...6).contains(decoding)
    else {
      throw ValidationError("\(architecture): expected unet or own(4-4)")
    }
    return (encoding, decoding)
  }

  func graph(height: Int, width imageWidth: Int) throws -> Graph {
    // The U-Net pads to a multiple of this by mirroring, which cannot double a side.
    let multiple = 1 << depth
    guard architecture != "unet" || min(height, imageWidth) > multiple / 2 else {
      throw CommandError(
        "images of \(height)×\(imageWidth) are too small for a U-Net of \(depth) levels: "
          + "give a smaller --depth")
    }
    if let (encoding, decoding) = try autoencoderLayers() {
      var builder = PlainAutoencoder(
        imageHeight: height, imageWidth: imageWidth, encodingLayers: encoding,
        decodingLayers: decoding)
      builder.width = width
      return try builder.graph()
    }
    var builder = UNet(imageHeight: height, imageWidth: imageWidth)
    builder.width = width
    builder.depth = depth
    builder.head = try parsedHead()
    builder.upsampling =
      switch upsampling {
      case .transposed: .transposedConvolution
      case .nearest: .nearest
      case .bilinear: .bilinear
      }
    return try builder.graph()
  }
}
