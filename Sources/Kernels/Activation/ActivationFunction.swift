// SPDX-License-Identifier: Apache-2.0

/// An element-wise non-linearity.
public enum ActivationFunction: Equatable, Sendable {
  /// max(x, 0)
  case relu
  /// min(max(x, 0), 6)
  case relu6
  /// x for x ≥ 0, else slope · x
  case leakyReLU(slope: Float)
  /// x · Φ(x), Φ the cumulative normal distribution (Hendrycks & Gimpel, arXiv:1606.08415), by erf,
  /// not by tanh
  case gelu
  /// 1 / (1 + e⁻ˣ)
  case sigmoid
  /// tanh(x)
  case tanh
  /// x · min(max(x + 3, 0), 6) / 6 (Howard et al., arXiv:1905.02244)
  case hardSwish
  /// min(max(x, −1), 1)
  case hardTanh

  /// Whether the derivative can be had from the output alone, so that the output may overwrite the
  /// input.
  package var hasGradientFromOutput: Bool {
    switch self {
    case .gelu, .hardSwish: false
    case .leakyReLU(let slope): slope > 0
    case .relu, .relu6, .sigmoid, .tanh, .hardTanh: true
    }
  }
}
