// SPDX-License-Identifier: Apache-2.0
import Foundation

/// Asks a run to stop after the present step, from any thread.
public final class StopRequest: @unchecked Sendable {
  private let lock = NSLock()
  // Behind the lock.
  private var flag = false

  public init() {}

  public var isRequested: Bool {
    get { lock.withLock { flag } }
    set { lock.withLock { flag = newValue } }
  }
}
