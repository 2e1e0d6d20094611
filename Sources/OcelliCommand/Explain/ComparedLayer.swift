// SPDX-License-Identifier: Apache-2.0
import Explanation
import Network

/// A layer's answer to a picture, and to what the enhancer makes of it.
struct ComparedLayer {
  let before: LayerRecorder.Answer
  let after: LayerRecorder.Answer?
  let distance: RepresentationDistance?

  init(_ before: LayerRecorder.Answer, _ after: LayerRecorder.Answer?) {
    self.before = before
    self.after = after
    distance = after.map {
      RepresentationDistance(before.values, $0.values, channels: before.layer.shape.channels)
    }
  }

  /// The channels from the one that changes most on; where nothing is compared, varies most.
  var tellingChannels: [Int] {
    let weights = (0..<before.layer.shape.channels).map { channel in
      let map = before.channel(channel)
      if let other = after?.channel(channel) {
        return zip(map, other).reduce(Float(0)) { $0 + abs($1.1 - $1.0) }
      }
      let mean = map.reduce(0, +) / Float(map.count)
      return map.reduce(0) { $0 + ($1 - mean) * ($1 - mean) }
    }
    return weights.indices.sorted { (-weights[$0], $0) < (-weights[$1], $1) }
  }
}
