// SPDX-License-Identifier: Apache-2.0
public import Datasets
public import Interchange

/// Why a run cannot start or go on.
public enum TrainingError: Error, CustomStringConvertible {
  /// The loss or a gradient is not finite: lower the learning rate or clip gradients.
  case notFinite(epoch: Int, batch: Int, culprit: String)
  /// The run was asked to stop and has saved its state: go on with `--resume`.
  case interrupted(step: Int)
  /// There is no memory for the plan: use a smaller batch or model.
  case outOfMemory(byteCount: Int)
  /// The model's images or classes are not the data set's.
  case mismatch(String)
  /// The checkpoint belongs to another run: other options, data or classifier.
  case otherRun(path: String, difference: String)
  /// Another run is writing to the folder: wait for it or choose another folder.
  case busy(path: String)
  case dataset(DatasetError)
  case model(ModelFileError)
  case file(FileError)

  public var description: String { message }

  /// One line for people.
  public var message: String {
    switch self {
    case .notFinite(let epoch, let batch, let culprit):
      "training has diverged at epoch \(epoch + 1), batch \(batch + 1): \(culprit); "
        + "lower the learning rate or clip gradients"
    case .interrupted(let step): "stopped after step \(step); go on with --resume"
    case .outOfMemory(let byteCount):
      "no memory for a plan of \(byteCount / 1_000_000) MB; use a smaller batch or model"
    case .mismatch(let text): text
    case .otherRun(let path, let difference):
      "\(path): belongs to another run (\(difference)); resume with the same options and data"
    case .busy(let path): "\(path): another run is writing to this folder"
    case .dataset(let error): error.message
    case .model(let error): error.message
    case .file(let error): "\(error.path): \(error.problem)"
    }
  }
}
