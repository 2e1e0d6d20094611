// SPDX-License-Identifier: Apache-2.0

/// C[i, j] = φ(s[i, j] + Σ_p A[i, p] · B[p, j]), with s = 0, a bias b[j], or what C held.
///
/// **Shapes**: A: m×k, any strides (so also the transpose of a k×m matrix); B: k×n, packed by
/// `PanelLayout`; C: m×n, rows at any distance.
/// **Numbers**: every element is one chain of fused multiply-adds that starts from s and goes over
/// p in order, whatever tile, block and thread it falls in: the bytes do not depend on how the rows
/// and columns are cut.
/// **Cost**: m·n·k multiply-adds; a panel of B is read once for every eight rows of A, A once for
/// every panel.
package enum MatrixMultiply {
  /// The factor on the left: A[i, p] = `base`[i · `rowStride` + p · `columnStride`].
  package struct LeftFactor {
    package var base: UnsafePointer<Float>
    package var rowStride: Int
    package var columnStride: Int

    /// Rows of A are `rowStride` apart, their elements side by side unless `columnStride` says
    /// otherwise.
    @inline(__always) package init(
      _ base: UnsafePointer<Float>, rowStride: Int, columnStride: Int = 1
    ) {
      self.base = base
      self.rowStride = rowStride
      self.columnStride = columnStride
    }

    /// The factor without its first `count` rows.
    @inline(__always) package func dropping(rows count: Int) -> Self {
      LeftFactor(base + count * rowStride, rowStride: rowStride, columnStride: columnStride)
    }
  }

  /// What is added to the product.
  package enum Addend {
    case zero
    /// What C holds.
    case existing
    /// b[j], one for each column of C.
    case bias(UnsafePointer<Float>)
  }

  /// The equation, with sums in double precision and a matrix B of any strides.
  package static func reference(
    _ a: LeftFactor, rows: Int, _ b: LeftFactor, _ layout: PanelLayout,
    into c: UnsafeMutablePointer<Float>, rowStride: Int, adding addend: Addend = .zero,
    activation: ActivationFunction? = nil
  ) {
    for i in 0..<rows {
      for j in 0..<layout.columns {
        let s: Float =
          switch addend {
          case .zero: 0
          case .existing: c[i * rowStride + j]
          case .bias(let bias): bias[j]
          }
        var sum = Double(s)
        for p in 0..<layout.depth {
          let left = a.base[i * a.rowStride + p * a.columnStride]
          sum += Double(left) * Double(b.base[p * b.rowStride + j * b.columnStride])
        }
        c[i * rowStride + j] = Float(activation.reference(sum))
      }
    }
  }

  /// All of C, by the threads of `pool`.
  package static func multiply(
    _ a: LeftFactor, rows: Int, _ b: UnsafePointer<Float>, _ layout: PanelLayout,
    into c: UnsafeMutablePointer<Float>, rowStride: Int, adding addend: Addend = .zero,
    activation: ActivationFunction? = nil, pool: ThreadPool
  ) {
    // Rows of A that stay in half of a 512 KB cache while the panels pass by.
    let rowGrain = max(8, min(rows, 65_536 / max(1, layout.depth)) / 8 * 8)
    let rowBlocks = (rows + rowGrain - 1) / rowGrain
    let panelGrain = max(1, min(layout.panelCount, layout.panelCount * rowBlocks / 16))
    let panelBlocks = (layout.panelCount + panelGrain - 1) / panelGrain
    pool.forEach(rowBlocks * panelBlocks) { item, _ in
      let first = item / panelBlocks * rowGrain
      let panel = item % panelBlocks * panelGrain
      multiply(
        a.dropping(rows: first), rows: min(rowGrain, rows - first), b, layout,
        panels: panel..<min(layout.panelCount, panel + panelGrain), into: c + first * rowStride,
        rowStride: rowStride, adding: addend, activation: activation)
    }
  }

  /// The columns of C that `panels` hold, on the calling thread. `c` is the first element of C's
  /// first column, a bias its first element, whatever the panels.
  package static func multiply(
    _ a: LeftFactor, rows: Int, _ b: UnsafePointer<Float>, _ layout: PanelLayout,
    panels: Range<Int>, into c: UnsafeMutablePointer<Float>, rowStride: Int,
    adding addend: Addend = .zero, activation: ActivationFunction? = nil
  ) {
    for panel in panels {
      let columns = layout.columns(ofPanel: panel)
      let block = MicroKernel(
        depth: layout.depth, columns: columns.count,
        addend: addend.dropping(columns: columns.lowerBound), activation: activation)
      let b = b + layout.offset(ofPanel: panel)
      let c = c + columns.lowerBound
      block.run(
        width: layout.width(ofPanel: panel), a, rows: rows, b, into: c, rowStride: rowStride)
    }
  }
}

extension MatrixMultiply.Addend {
  @inline(__always) fileprivate func dropping(columns count: Int) -> Self {
    if case .bias(let bias) = self { .bias(bias + count) } else { self }
  }

  /// The same addend, with its bias, if it is one, read from elsewhere.
  func replacing(bias: UnsafePointer<Float>) -> Self {
    if case .bias = self { .bias(bias) } else { self }
  }
}
