// SPDX-License-Identifier: Apache-2.0
package import Network
import Text

/// How a picture becomes the input of a model whose file does not say it, or says it wrongly: what
/// options give.
package struct PreprocessingChoice {
  package var crop: Preprocessing.Crop?
  private var mean: [Float]?
  private var deviation: [Float]?

  /// The texts of `--mean` and `--deviation`: one number, or three between commas.
  ///
  /// - Throws: What is wrong about them.
  package init(crop: Preprocessing.Crop?, mean: String?, deviation: String?) throws(CommandError) {
    self.crop = crop
    self.mean = try Self.numbers("mean", mean)
    self.deviation = try Self.numbers("deviation", deviation)
    guard (mean == nil) == (deviation == nil) else {
      throw CommandError("--mean and --deviation go together")
    }
  }

  private static func numbers(_ name: String, _ text: String?) throws(CommandError) -> [Float]? {
    guard let text else { return nil }
    let parts = text.utf8.split(separator: UInt8(ascii: ","), omittingEmptySubsequences: false)
    let isDivisor = name.isSame("deviation")
    var numbers: [Float] = []
    for part in parts {
      guard let number = Float(text: String(Substring(part))), number.isFinite,
        !isDivisor || number != 0
      else { break }
      numbers.append(number)
    }
    guard numbers.count == parts.count, numbers.count == 1 || numbers.count == 3 else {
      throw CommandError("--\(name) \(text): expected a number, or three between commas")
    }
    return numbers
  }

  /// - Throws: Why the model in the file at `path` cannot be fed so.
  package func apply(to model: inout Model, _ path: String) throws(CommandError) {
    if let mean, let deviation {
      model.preprocessing.mean = mean
      model.preprocessing.deviation = deviation
    }
    if let crop { model.preprocessing.crop = crop }
    let channels = model.graph.inputShape.channels
    guard mean == nil || model.preprocessing.fits(channels: channels) else {
      throw CommandError("\(path): takes \(channels) channels, --mean and --deviation have others")
    }
  }
}
