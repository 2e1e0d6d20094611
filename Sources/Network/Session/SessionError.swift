// SPDX-License-Identifier: Apache-2.0

/// Why a session cannot run a model.
public enum SessionError: Error, Equatable, Sendable {
  /// There is no memory for what the model computes: free some, or take a smaller model.
  case outOfMemory
  /// The system started fewer threads than asked for: ask for fewer, and for at least one.
  case threadsRefused(Int)
  /// What is asked for cannot be planned.
  case plan(PlanError)
}

extension SessionError: CustomStringConvertible {
  /// One line for people.
  public var description: String {
    switch self {
    case .outOfMemory: "there is no memory to run the model"
    case .threadsRefused(let count): "the system refused to start \(count) threads"
    case .plan(let error): error.message
    }
  }
}
