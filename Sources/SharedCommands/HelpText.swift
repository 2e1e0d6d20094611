// SPDX-License-Identifier: Apache-2.0
import Text

/// What the help pages of both commands say.
package enum HelpText {
  package enum Classify {
    package static let abstract = "Say what pictures show."
    package static let pictures = """
      Pictures are PNG, JPEG, PPM or PGM files, folders of them, or - for standard input: there \
      pictures follow one another, in any of these formats, and each is answered at once.
      """
    package static let failures = """
      A picture that cannot be read is reported on standard error; the others are classified, and \
      the command fails in the end.
      """
    package static let enhancer = "An enhancer to put in front of it."
    package static let saveEnhanced = "Folder for the enhanced pictures, as PNG files."
    package static let top = "How many labels to give."
    package static let json = "Print a JSON object per line."
    package static let every = "Of a stream, classify every nth picture."
    package static let checksum = "Add a checksum of the model's outputs, to compare machines."
    package static let crop =
      "What of a picture is taken (default: what the model says, else stretch)."
    package static let mean =
      "Subtract this from levels of 0 to 255; one number, or one per channel separated by commas."
    package static let deviation = "Then divide by this."
  }

  package enum Info {
    package static let abstract = "Show a model's layers, parameters, work and memory."
  }

  package enum Bench {
    package static let abstract = "Time the inference of a model, and each of its operations."
    package static let discussion = """
      Loading and the first inference are timed once; then come the median and the 99th \
      percentile over --runs, for one thread up to --threads, on random inputs. The checksum of \
      the outputs is the same on all machines where a model computes in integers. With --profile, \
      each operation by itself: the best of its runs, its share of the time, and its rate (two \
      operations per multiply-accumulate).
      """
    package static let runs = "Inferences to time."
    package static let inputs = "Random inputs that the checksum is of."
    package static let profile = "Show the time of each operation."
  }

  package static let json = "Print JSON."
  package static let threads = "Threads."
  package static let threadsOfCPU = "Threads (default: one for each CPU)."

  /// Text beside a name, broken between words: `indent` columns of the name, then the text, up to
  /// `width` columns in all. A name that is too long for that gets a line of its own.
  package static func entry(_ name: String, _ text: String, indent: Int, width: Int) -> [String] {
    var lines: [String] = []
    for word in text.utf8.split(whereSeparator: { $0 == 0x20 || (9...13).contains($0) }) {
      let word = String(Substring(word))
      if let line = lines.last, line.columns + 1 + word.columns <= width - indent {
        lines[lines.count - 1] = line + " " + word
      } else {
        lines.append(word)
      }
    }
    let margin = String(repeating: " ", count: indent)
    let isLong = name.columns >= indent && indent > 0
    return (isLong ? [name] : [])
      + lines.enumerated().map { index, line in
        guard index == 0, !isLong else { return margin + line }
        return name + String(repeating: " ", count: indent - name.columns) + line
      }
  }
}
