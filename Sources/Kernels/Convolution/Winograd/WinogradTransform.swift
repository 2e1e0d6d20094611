// SPDX-License-Identifier: Apache-2.0

/// The five matrices of a Winograd convolution F(m, 3).
///
/// m outputs of a correlation of d (n = m + 2 inputs) with g (3 weights) are y = Aᵀ[(G g) ⊙ (Bᵀ
/// d)]: n products instead of 3m. The rows belong to n − 1 points p and to ∞: G evaluates g as a
/// polynomial at p and divides by Π(p − other points), A evaluates 1, p, p², …, and Bᵀ holds the
/// coefficients of Π(x − other points). Points come in pairs ±p, so that even and odd terms are
/// shared.
protocol WinogradTransform {
  /// Bᵀ: n inputs to n points.
  associatedtype Input: WinogradMatrix
  /// G: 3 weights to n points.
  associatedtype Weights: WinogradMatrix
  /// Aᵀ: n points to m outputs.
  associatedtype Output: WinogradMatrix
  /// A: m gradients of outputs to n points.
  associatedtype OutputGradient: WinogradMatrix
  /// Gᵀ: gradients at n points to those of 3 weights.
  associatedtype WeightGradient: WinogradMatrix
}

extension WinogradTransform {
  /// n: points of one tile in one dimension.
  @inline(__always) static var points: Int { Output.columns }
  /// m: outputs of one tile in one dimension.
  @inline(__always) static var outputs: Int { Output.rows }
  /// Products of one tile for one pair of channels.
  @inline(__always) static var products: Int { points * points }
}

extension Vector {
  /// `self` + `factor` · `x`
  @inline(__always) fileprivate func plus(_ factor: Float, _ x: Vector) -> Vector {
    adding(Vector(repeating: factor), times: x)
  }
}

/// F(4, 3) with the points 0, ±√½, ±√2, ∞: rounding errors a quarter of those of the usual 0, ±1,
/// ±2, ∞ (Lavin & Gray, arXiv:1509.09308), for the same number of operations.
enum WinogradTransform4: WinogradTransform {
  private static var a: Float { 0.707_106_77 }
  private static var b: Float { 1.414_213_5 }

  enum Input: WinogradMatrix {
    @inline(__always) static var rows: Int { 6 }
    @inline(__always) static var columns: Int { 6 }
    @inline(__always) static func multiply(_ get: VectorColumn, _ put: some VectorSink) {
      let (d0, d1, d2, d3, d4, d5) = (get(0), get(1), get(2), get(3), get(4), get(5))
      put(0, (d0 + d4).plus(-2.5, d2))
      let (evenA, oddA) = (d4.plus(-2, d2), d3.plus(-2, d1))
      put(1, evenA.plus(a, oddA))
      put(2, evenA.plus(-a, oddA))
      let (evenB, oddB) = (d4.plus(-0.5, d2), d3.plus(-0.5, d1))
      put(3, evenB.plus(b, oddB))
      put(4, evenB.plus(-b, oddB))
      put(5, (d1 + d5).plus(-2.5, d3))
    }
  }

  enum Weights: WinogradMatrix {
    @inline(__always) static var rows: Int { 6 }
    @inline(__always) static var columns: Int { 3 }
    @inline(__always) static func multiply(_ get: VectorColumn, _ put: some VectorSink) {
      let (g0, g1, g2) = (get(0), get(1), get(2))
      put(0, g0)
      let evenA = g0.plus(0.5, g2) * (-2 / 3)
      put(1, evenA.plus(a * (-2 / 3), g1))
      put(2, evenA.plus(a * (2 / 3), g1))
      let evenB = g0.plus(2, g2) * (1 / 6)
      put(3, evenB.plus(b * (1 / 6), g1))
      put(4, evenB.plus(b * (-1 / 6), g1))
      put(5, g2)
    }
  }

  enum Output: WinogradMatrix {
    @inline(__always) static var rows: Int { 4 }
    @inline(__always) static var columns: Int { 6 }
    @inline(__always) static func multiply(_ get: VectorColumn, _ put: some VectorSink) {
      let (m1, m2, m3, m4) = (get(1), get(2), get(3), get(4))
      let (evenA, oddA, evenB, oddB) = (m1 + m2, m1 - m2, m3 + m4, m3 - m4)
      put(0, get(0) + evenA + evenB)
      put(1, (oddA * a).plus(b, oddB))
      put(2, (evenA * 0.5).plus(2, evenB))
      put(3, get(5).plus(a * 0.5, oddA).plus(b * 2, oddB))
    }
  }

  enum OutputGradient: WinogradMatrix {
    @inline(__always) static var rows: Int { 6 }
    @inline(__always) static var columns: Int { 4 }
    @inline(__always) static func multiply(_ get: VectorColumn, _ put: some VectorSink) {
      let (y0, y1, y2, y3) = (get(0), get(1), get(2), get(3))
      put(0, y0)
      let (evenA, oddA) = (y0.plus(0.5, y2), y1.plus(0.5, y3))
      put(1, evenA.plus(a, oddA))
      put(2, evenA.plus(-a, oddA))
      let (evenB, oddB) = (y0.plus(2, y2), y1.plus(2, y3))
      put(3, evenB.plus(b, oddB))
      put(4, evenB.plus(-b, oddB))
      put(5, y3)
    }
  }

  enum WeightGradient: WinogradMatrix {
    @inline(__always) static var rows: Int { 3 }
    @inline(__always) static var columns: Int { 6 }
    @inline(__always) static func multiply(_ get: VectorColumn, _ put: some VectorSink) {
      let (u1, u2, u3, u4) = (get(1), get(2), get(3), get(4))
      let (evenA, oddA, evenB, oddB) = (u1 + u2, u1 - u2, u3 + u4, u3 - u4)
      put(0, get(0).plus(-2 / 3, evenA).plus(1 / 6, evenB))
      put(1, (oddA * (a * (-2 / 3))).plus(b * (1 / 6), oddB))
      put(2, get(5).plus(-1 / 3, evenA).plus(1 / 3, evenB))
    }
  }
}

/// F(6, 3) with the points 0, ±1, ±2, ±½, ∞: a fifth fewer products than F(4, 3), for larger
/// rounding errors.
enum WinogradTransform6: WinogradTransform {
  enum Input: WinogradMatrix {
    @inline(__always) static var rows: Int { 8 }
    @inline(__always) static var columns: Int { 8 }
    @inline(__always) static func multiply(_ get: VectorColumn, _ put: some VectorSink) {
      let (d0, d1, d2, d3) = (get(0), get(1), get(2), get(3))
      let (d4, d5, d6, d7) = (get(4), get(5), get(6), get(7))
      put(0, (d6 - d0).plus(5.25, d2 - d4))
      let (even1, odd1) = ((d2 + d6).plus(-4.25, d4), (d1 + d5).plus(-4.25, d3))
      put(1, even1 + odd1)
      put(2, even1 - odd1)
      let (even2, odd2) = (d6.plus(-1.25, d4).plus(0.25, d2), d5.plus(-1.25, d3).plus(0.25, d1))
      put(3, even2.plus(2, odd2))
      put(4, even2.plus(-2, odd2))
      let (even3, odd3) = (d6.plus(-5, d4).plus(4, d2), d5.plus(-5, d3).plus(4, d1))
      put(5, even3.plus(0.5, odd3))
      put(6, even3.plus(-0.5, odd3))
      put(7, (d7 - d1).plus(5.25, d3 - d5))
    }
  }

  enum Weights: WinogradMatrix {
    @inline(__always) static var rows: Int { 8 }
    @inline(__always) static var columns: Int { 3 }
    @inline(__always) static func multiply(_ get: VectorColumn, _ put: some VectorSink) {
      let (g0, g1, g2) = (get(0), get(1), get(2))
      put(0, -g0)
      let even1 = (g0 + g2) * (-2 / 9)
      put(1, even1.plus(-2 / 9, g1))
      put(2, even1.plus(2 / 9, g1))
      let even2 = g0.plus(4, g2) * (1 / 90)
      put(3, even2.plus(2 / 90, g1))
      put(4, even2.plus(-2 / 90, g1))
      let even3 = g0.plus(0.25, g2) * (32 / 45)
      put(5, even3.plus(16 / 45, g1))
      put(6, even3.plus(-16 / 45, g1))
      put(7, g2)
    }
  }

  enum Output: WinogradMatrix {
    @inline(__always) static var rows: Int { 6 }
    @inline(__always) static var columns: Int { 8 }
    @inline(__always) static func multiply(_ get: VectorColumn, _ put: some VectorSink) {
      let (m1, m2, m3, m4, m5, m6) = (get(1), get(2), get(3), get(4), get(5), get(6))
      let (even1, even2, even3) = (m1 + m2, m3 + m4, m5 + m6)
      let (odd1, odd2, odd3) = (m1 - m2, m3 - m4, m5 - m6)
      put(0, get(0) + even1 + even2 + even3)
      put(1, odd1.plus(2, odd2).plus(0.5, odd3))
      put(2, even1.plus(4, even2).plus(0.25, even3))
      put(3, odd1.plus(8, odd2).plus(0.125, odd3))
      put(4, even1.plus(16, even2).plus(1 / 16, even3))
      put(5, (get(7) + odd1).plus(32, odd2).plus(1 / 32, odd3))
    }
  }

  enum OutputGradient: WinogradMatrix {
    @inline(__always) static var rows: Int { 8 }
    @inline(__always) static var columns: Int { 6 }
    @inline(__always) static func multiply(_ get: VectorColumn, _ put: some VectorSink) {
      let (y0, y1, y2, y3, y4, y5) = (get(0), get(1), get(2), get(3), get(4), get(5))
      put(0, y0)
      let (even1, odd1) = (y0 + y2 + y4, y1 + y3 + y5)
      put(1, even1 + odd1)
      put(2, even1 - odd1)
      let (even2, odd2) = (y0.plus(4, y2).plus(16, y4), y1.plus(4, y3).plus(16, y5))
      put(3, even2.plus(2, odd2))
      put(4, even2.plus(-2, odd2))
      let (even3, odd3) = (y0.plus(0.25, y2).plus(1 / 16, y4), y1.plus(0.25, y3).plus(1 / 16, y5))
      put(5, even3.plus(0.5, odd3))
      put(6, even3.plus(-0.5, odd3))
      put(7, y5)
    }
  }

  enum WeightGradient: WinogradMatrix {
    @inline(__always) static var rows: Int { 3 }
    @inline(__always) static var columns: Int { 8 }
    @inline(__always) static func multiply(_ get: VectorColumn, _ put: some VectorSink) {
      let (u1, u2, u3, u4, u5, u6) = (get(1), get(2), get(3), get(4), get(5), get(6))
      let (even1, even2, even3) = (u1 + u2, u3 + u4, u5 + u6)
      let (odd1, odd2, odd3) = (u1 - u2, u3 - u4, u5 - u6)
      put(0, (-get(0)).plus(-2 / 9, even1).plus(1 / 90, even2).plus(32 / 45, even3))
      put(1, (odd1 * (-2 / 9)).plus(2 / 90, odd2).plus(16 / 45, odd3))
      put(2, get(7).plus(-2 / 9, even1).plus(4 / 90, even2).plus(8 / 45, even3))
    }
  }
}
