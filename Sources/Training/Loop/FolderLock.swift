// SPDX-License-Identifier: Apache-2.0
import Foundation

/// Keeps a folder for one process; the system lets go of it when the process ends, however it does.
final class FolderLock {
  private let descriptor: Int32

  /// - Throws: `TrainingError.busy` when another run holds the folder. Where the file system knows
  ///   no locks, there is none.
  init(_ path: String) throws(TrainingError) {
    descriptor = open(path, O_RDONLY | O_CLOEXEC)
    if descriptor >= 0, flock(descriptor, LOCK_EX | LOCK_NB) != 0, errno == EWOULDBLOCK {
      close(descriptor)
      throw .busy(path: path)
    }
  }

  deinit { if descriptor >= 0 { close(descriptor) } }
}
