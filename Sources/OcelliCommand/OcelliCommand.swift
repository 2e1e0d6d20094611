// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import CPlatform
import Foundation
import Interchange
import Network
import Platform
import SharedCommands
import Training

/// The host command.
@main struct OcelliCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "ocelli",
    abstract: "Trains image classifiers and enhancers in front of them, and measures the gain.",
    discussion: """
      Train a classifier, put an enhancer in front of it, and see what that brings:

        ocelli dataset scenes --output scenes
        ocelli train classifier --data scenes --output classifier
        ocelli train enhancer --data scenes --degrade dull=0.5,blur=0.8,noise=0.05 \\
          --classifier classifier/best.safetensors --output enhancer
        ocelli evaluate --data scenes --degrade dull=0.5,blur=0.8,noise=0.05 \\
          --classifier classifier/best.safetensors \\
          --enhancer enhancer/enhance/best.safetensors
      """, version: Build.description(of: "ocelli"),
    subcommands: [
      ClassifyCommand.self, DatasetCommand.self, TrainCommand.self, EvaluateCommand.self,
      ExplainCommand.self, AssessCommand.self, ExperimentCommand.self, ReportCommand.self,
      QuantizeCommand.self, RunCommand.self, ModelCommand.self, BenchCommand.self,
    ])

  /// Wrong usage exits with 64, everything else that goes wrong with 1 and one line.
  static func main() {
    ocelli_line_buffer_output()
    // A limit of file sizes is an error of the write, like a full disk.
    signal(SIGXFSZ, SIG_IGN)
    var command: any ParsableCommand
    do { command = try parseAsRoot() } catch { exit(withError: error) }
    if let problem = Build.missingFeature { fail(problem) }
    do { try command.run() } catch {
      // Usage that shows to be wrong late, and help.
      if exitCode(for: error) == .validationFailure {
        let usage = "Usage: " + usageString(for: type(of: command))
        StandardStreams.writeError(line: "Error: \(Self.message(for: error))")
        for line in usage.split(separator: "\n") { StandardStreams.writeError(line: String(line)) }
        Foundation.exit(ExitCode.validationFailure.rawValue)
      }
      if exitCode(for: error) != .failure { exit(withError: error) }
      if case TrainingError.interrupted = error {
        StandardStreams.writeError(line: "ocelli: \(error)")
        Foundation.exit(1)
      }
      if error is ReportedError { Foundation.exit(1) }
      fail((error as? GraphError)?.message ?? "\(error)")
    }
    if ocelli_flush_output() == 0 { fail("standard output was not written: is the disk full?") }
  }

  private static func fail(_ message: String) -> Never {
    report(message)
    Foundation.exit(1)
  }

  /// Tells about something that went wrong in one line, and goes on.
  static func report(_ message: String) {
    StandardStreams.writeError(line: "ocelli: error: \(message)")
  }
}

/// Everything that went wrong has been reported; the command only has to fail.
struct ReportedError: Error {}
