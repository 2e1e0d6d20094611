// SPDX-License-Identifier: Apache-2.0

/// A problem that a user can do something about, in one line.
public struct CommandError: Error, CustomStringConvertible {
  public let description: String

  public init(_ description: String) { self.description = description }
}
