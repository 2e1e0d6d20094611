// SPDX-License-Identifier: Apache-2.0
import Foundation

/// X[k] = Σⱼ x[j] · e^(−2πi jk / n), of any length n: split by n's prime factors (Cooley & Tukey,
/// 1965).
struct FourierTransform {
  /// A complex number: its real part and its imaginary part.
  typealias Complex = SIMD2<Double>

  private let roots: [Complex]

  init(count: Int) {
    roots = (0..<count).map { index in
      let angle = -2 * Double.pi * Double(index) / Double(count)
      return Complex(cos(angle), sin(angle))
    }
  }

  func applied(to values: [Complex]) -> [Complex] {
    precondition(values.count == roots.count, "a transform is for one length")
    return transform(values, rootStep: 1)
  }

  /// - Parameter rootStep: n / `values.count`.
  private func transform(_ values: [Complex], rootStep: Int) -> [Complex] {
    let count = values.count
    guard let factor = (2...max(2, count)).first(where: { count % $0 == 0 }), count > 1 else {
      return values
    }
    let rest = count / factor
    let parts = (0..<factor).map { first in
      transform((0..<rest).map { values[$0 * factor + first] }, rootStep: rootStep * factor)
    }
    return (0..<count).map { k in
      var sum = Complex.zero
      for (first, part) in parts.enumerated() {
        let (root, value) = (roots[first * k % count * rootStep], part[k % rest])
        sum += Complex(root.x * value.x - root.y * value.y, root.x * value.y + root.y * value.x)
      }
      return sum
    }
  }
}
