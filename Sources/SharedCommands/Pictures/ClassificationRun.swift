// SPDX-License-Identifier: Apache-2.0
import CPlatform
import Classification
import Imaging
package import Network
import Platform
import Text

/// What `classify` does once its models are open: a line for each picture, in the order in which
/// they come.
package struct ClassificationRun {
  /// What says what pictures show.
  package let classifier: Session
  /// What improves a picture before it is classified.
  package var enhancer: Session?
  /// How many labels to give.
  package var top = 5
  /// Only every nth picture of a stream is classified.
  package var every = 1
  /// Whether lines are JSON objects.
  package var isJSON = false
  /// Whether each line has a checksum of the outputs.
  package var hasChecksum = false
  /// The folder for enhanced pictures.
  package var savingFolder: String?

  /// How a run ended.
  package enum Outcome: Equatable, Sendable {
    case finished
    /// Some pictures were not classified, which was reported.
    case failed
    /// A signal stopped it.
    case stopped(signal: Int32)
  }

  package init(_ classifier: Session) { self.classifier = classifier }

  /// Classifies all pictures that `arguments` name. SIGINT ends the run after the current picture.
  /// - Parameter report: called with a line about each picture that could not be classified.
  package func run(_ arguments: [String], report: @escaping (String) -> Void) -> Outcome {
    ocelli_note_stop_signals()
    let progress = Progress()
    let source = PictureSource(every: every) { picture in
      guard ocelli_noted_signal() == 0 else { return false }
      do throws(CommandError) { try classify(picture, progress) } catch {
        progress.hasFailed = true
        report("\(picture.name): \(error.description)")
      }
      return ocelli_noted_signal() == 0 && !ocelli_output_is_lost()
    }
    source.run(arguments)
    let signal = ocelli_noted_signal()
    if signal != 0 { return .stopped(signal: signal) }
    return progress.hasFailed ? .failed : .finished
  }

  /// What is remembered from picture to picture.
  private final class Progress {
    var hasFailed = false
    var savedNames: Set<[UInt8]> = []
  }

  private func classify(_ picture: PictureSource.Picture, _ progress: Progress) throws(CommandError)
  {
    let image = try picture.decoded(for: enhancer ?? classifier)
    let labels: [RankedLabel]
    do throws(ClassificationError) {
      labels = try classifier.classify(image, enhancedBy: enhancer, top: top)
    } catch { throw CommandError(error.description) }
    StandardStreams.write(line: line(picture.name, labels))
    guard let savingFolder, let enhancer else { return }
    // The names of a stream are numbers, and its end may be far.
    if !picture.isStreamed, !progress.savedNames.insert(Array(picture.fileName.utf8)).inserted {
      throw CommandError("not saved: there is a picture of this name already")
    }
    let path = "\(savingFolder)/\(picture.fileName).png"
    let enhanced: Image
    do throws(ClassificationError) { enhanced = try enhancer.outputImage() } catch {
      throw CommandError(error.description)
    }
    try save(enhanced, as: path)
  }

  private func save(_ image: Image, as path: String) throws(CommandError) {
    let folder = path.utf8.lastIndex(of: UInt8(ascii: "/")).map { String(path[..<$0]) }
    do throws(FileError) { try Folder.create(folder ?? ".") } catch {
      throw CommandError("\(path): \(error.problem)")
    }
    do throws(ImageError) { try image.writePNG(to: path) } catch {
      throw CommandError("\(path): \(error.description)")
    }
  }

  private func line(_ name: String, _ labels: [RankedLabel]) -> String {
    let checksum = hasChecksum ? hexadecimal(classifier.outputChecksum()) : nil
    guard isJSON else {
      let texts = labels.map { "\($0.name) \(Double($0.probability).percent)" }
      return "\(name): \(texts.joined(separator: ", "))" + (checksum.map { " #" + $0 } ?? "")
    }
    let objects = labels.map { label in
      JSONValue.object([
        .init(key: "label", value: .string(label.name)),
        .init(key: "class", value: .integer(label.index)),
        .init(key: "probability", value: .single(label.probability)),
      ])
    }
    var members = [
      JSONValue.Member(key: "picture", value: .string(name)),
      JSONValue.Member(key: "labels", value: .array(objects)),
    ]
    if let checksum { members.append(.init(key: "checksum", value: .string(checksum))) }
    return JSONValue.object(members).text
  }
}

/// How a picture becomes the input of a model whose file does not say it, or says it wrongly: what
/// options give.
package struct PreprocessingChoice {
  package var crop: Preprocessing.Crop?
  private var mean: [Float]?
  private var deviation: [Float]?

  /// The texts of `--mean` and `--deviation`: one number, or three between commas.
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
