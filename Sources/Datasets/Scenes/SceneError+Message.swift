// SPDX-License-Identifier: Apache-2.0

extension SceneError: CustomStringConvertible {
  public var description: String { message }

  /// One line for people: which setting, what it is, what was expected.
  public var message: String {
    switch self {
    case .sizeOutOfRange(let size): "scenes of \(size) pixels a side: expected 8 to 1024"
    case .correlationOutOfRange(let correlation):
      "correlation \(correlation): expected 0 to 1; 0.1 makes backgrounds independent of classes"
    case .objectScaleOutOfRange(let smallest, let largest):
      "objects of \(smallest) to \(largest) of the side: expected 0.1 to 1, the smallest first"
    case .tiltOutOfRange(let tilt): "tilt of \(tilt) turns: expected 0 to 0.5"
    case .clutterOutOfRange(let clutter): "clutter of \(clutter) blobs: expected 0 to 100"
    case .shadowOutOfRange(let shadow): "shadow probability \(shadow): expected 0 to 1"
    case .countOutOfRange(let count):
      "\(count) scenes: expected 0 to 10000000 in each part, and at least one in all"
    }
  }
}
