// SPDX-License-Identifier: Apache-2.0

/// What `--help` prints.
enum HelpText {
  static let usage = "ocelli-board <classify | info | bench | selftest> [<options>]"
  static let classifyUsage = "ocelli-board classify <picture> ... [--model <file>] [<options>]"
  static let infoUsage = "ocelli-board info <model> [--json]"
  static let benchUsage = "ocelli-board bench <model> [<options>]"
  static let selfTestUsage = "ocelli-board selftest [--threads <n>]"

  /// The help of a subcommand.
  static func of(_ command: Subcommand) -> String {
    switch command {
    case .classify: classify
    case .info: info
    case .bench: bench
    case .selfTest: selfTest
    }
  }

  static var all: String {
    """
    OVERVIEW: Classifies pictures on small devices.

    Everything is in this one file: copy it to the device, with a model, and run it.

      ocelli-board classify photo.jpg --model model.tflite

    USAGE: \(usage)

    OPTIONS:
      --version               Show the version.
      -h, --help              Show help information.

    SUBCOMMANDS:
      classify                Say what pictures show.
      info                    Show a model's layers, parameters, work and memory.
      bench                   Time the inference of a model, and each of its operations.
      selftest                Check every kernel on this CPU.

      See 'ocelli-board help <subcommand>' for detailed help.
    """
  }

  static var classify: String {
    """
    OVERVIEW: Say what pictures show.

    Pictures are PNG, JPEG, PPM or PGM files, folders of them, or - for standard input: there
    pictures come one behind the other, of any of these formats, and each is answered at once.

      ocelli-board classify photo.jpg --model model.tflite
      ocelli-board classify photos --model model.tflite --top 3 --json
      camera | ocelli-board classify - --model model.tflite --every 10

    A picture is brought to the model's input as the model's file says it. A picture that cannot
    be read is told on standard error; the others are classified, and the command fails in the end.

    USAGE: \(classifyUsage)

    OPTIONS:
      --model <file>          A .tflite classifier (default: the one installed with ocelli-board).
      --enhancer <file>       An enhancer to put in front of it.
      --save-enhanced <folder>
                              Write what the enhancer makes of each picture as PNG files there.
      --top <n>               How many labels to give. (default: 5)
      --json                  Print a JSON object a line.
      --every <n>             Of a stream, classify every nth picture. (default: 1)
      --checksum              Add a checksum of the model's outputs, to compare machines.
      --crop <crop>           What of a picture is taken (default: what the model says, else
                              stretch). (values: stretch, center)
      --mean <levels>         Subtract this from levels of 0 to 255; one number, or one a channel
                              between commas.
      --deviation <levels>    Then divide by this.
      --threads <n>           Threads. (default: 1)
      -h, --help              Show help information.
    """
  }

  static var info: String {
    """
    OVERVIEW: Show a model's layers, parameters, work and memory.

      ocelli-board info model.tflite

    USAGE: \(infoUsage)

    OPTIONS:
      --json                  Print JSON.
      -h, --help              Show help information.
    """
  }

  static var bench: String {
    """
    OVERVIEW: Time the inference of a model, and each of its operations.

    Load and first inference once, then the median and the 99th percentile over --runs, for one
    thread up to --threads, on inputs by chance. The checksum of the outputs is the same on all
    machines where a model computes in integers. With --profile each operation by itself: the best
    of its runs, its share of the time, and its rate (two operations a multiply-accumulate).

      ocelli-board bench model.tflite --threads 2 --profile

    USAGE: \(benchUsage)

    OPTIONS:
      --runs <n>              Inferences to time. (default: 200)
      --inputs <n>            Inputs by chance that the checksum is of. (default: 1)
      --profile               Show the time of each operation.
      --json                  Print JSON.
      --threads <n>           Threads (default: one for each CPU).
      -h, --help              Show help information.
    """
  }

  static var selfTest: String {
    """
    OVERVIEW: Check the integer kernels on this CPU.

    Runs each kernel on built-in vectors and compares the checksum of what it computes with what
    all other CPUs compute. Prints a line a vector.

      ocelli-board selftest

    USAGE: \(selfTestUsage)

    OPTIONS:
      --threads <n>           Threads. (default: 1)
      -h, --help              Show help information.
    """
  }
}
