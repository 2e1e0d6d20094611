// SPDX-License-Identifier: Apache-2.0
import Kernels

extension Graph {
  /// The clamp (ReLU, ReLU6) behind each node that can apply it while it stores its output, which
  /// nothing else reads.
  package var fusibleClamps: [Int?] {
    let consumers = consumers
    return nodes.indices.map { index in
      guard nodes[index].operation.fusesActivation, consumers[index].count == 1,
        !outputs.contains(index),
        case .activation(let layer) = nodes[consumers[index][0]].operation,
        layer.function == .relu || layer.function == .relu6
      else { return nil }
      return consumers[index][0]
    }
  }
}
