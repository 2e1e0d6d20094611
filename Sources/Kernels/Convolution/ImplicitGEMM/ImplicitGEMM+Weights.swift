// SPDX-License-Identifier: Apache-2.0

/// How the weights of one group lie in memory: that of target channel t, tap number `tap` of the
/// kernel and source channel c is at t · `target` + `tap` · `tap` + c · `source`.
struct WeightStrides {
  let target: Int
  let tap: Int
  let source: Int

  /// Weights whose first dimension is what is computed.
  static func targetMajor(taps: Int, sourceChannels: Int) -> WeightStrides {
    WeightStrides(target: taps * sourceChannels, tap: sourceChannels, source: 1)
  }

  /// Weights whose first dimension is what is read.
  static func sourceMajor(taps: Int, targetChannels: Int) -> WeightStrides {
    WeightStrides(target: 1, tap: targetChannels, source: taps * targetChannels)
  }

  /// Packs `depth` source channels by `columns` target channels of one tap: row c of the panel,
  /// `width` floats, holds the weights of source channel c, and 0 behind the last column.
  func pack(
    _ weights: UnsafePointer<Float>, depth: Int, columns: Int,
    into panel: UnsafeMutablePointer<Float>, width: Int
  ) {
    var c = 0
    if source == 1 {
      // A cache line of each weight row at a time.
      while c + 16 <= depth {
        packSixteen(weights + c, columns: columns, into: panel + c * width, width: width)
        c += 16
      }
    }
    while c < depth {
      let row = panel + c * width
      let weight = weights + c * source
      if target == 1 && columns == width {
        for t in stride(from: 0, to: width, by: Machine.vectorFloats) {
          Vector(at: weight + t).store(to: row + t)
        }
      } else {
        for t in 0..<columns { row[t] = weight[t * target] }
      }
      for t in columns..<width { row[t] = 0 }
      c += 1
    }
  }

  /// Sixteen neighbouring source channels, by transposing squares of four by four.
  private func packSixteen(
    _ weights: UnsafePointer<Float>, columns: Int, into panel: UnsafeMutablePointer<Float>,
    width: Int
  ) {
    typealias Four = SIMD4<Float>
    func store(_ values: Four, _ c: Int, _ t: Int) {
      UnsafeMutableRawPointer(panel + c * width + t).storeBytes(of: values, as: Four.self)
    }
    for t in stride(from: 0, to: width, by: 4) {
      for c in stride(from: 0, to: 16, by: 4) {
        func load(_ t: Int) -> Four {
          guard t < columns else { return Four(repeating: 0) }
          return UnsafeRawPointer(weights + t * target + c).loadUnaligned(as: Four.self)
        }
        let (p, q, r, s) = (load(t), load(t + 1), load(t + 2), load(t + 3))
        store(Four(p[0], q[0], r[0], s[0]), c, t)
        store(Four(p[1], q[1], r[1], s[1]), c + 1, t)
        store(Four(p[2], q[2], r[2], s[2]), c + 2, t)
        store(Four(p[3], q[3], r[3], s[3]), c + 3, t)
      }
    }
  }
}

extension ImplicitGEMM {
  /// Packs W of every stencil and group in panels, stencil by stencil, group by group.
  func pack(
    _ weights: UnsafePointer<Float>, _ strides: WeightStrides,
    into packed: UnsafeMutablePointer<Float>, pool: ThreadPool
  ) {
    if readsWeightsInPlace {
      packed.update(from: weights, count: geometry.weightCount)
      return
    }
    let groupWeights = geometry.weightCount / max(1, geometry.groups)
    let panels = (targetChannels + PanelLayout.panelWidth - 1) / PanelLayout.panelWidth
    pool.forEach(geometry.groups * panels) { item, _ in
      let (group, panel) = item.quotientAndRemainder(dividingBy: panels)
      var offset = 0
      for index in 0..<stencilCount {
        let stencil = stencil(index)
        let layout = layout(of: stencil)
        pack(
          panel, layout, stencil, weights + group * groupWeights, strides,
          into: packed + geometry.groups * offset + group * layout.count)
        offset += layout.count
      }
    }
  }

  private func pack(
    _ panel: Int, _ layout: PanelLayout, _ stencil: Stencil, _ weights: UnsafePointer<Float>,
    _ strides: WeightStrides, into packed: UnsafeMutablePointer<Float>
  ) {
    let width = layout.width(ofPanel: panel)
    let columns = layout.columns(ofPanel: panel)
    var row = packed + layout.offset(ofPanel: panel)
    for a in 0..<stencil.rows.tapCount {
      for b in 0..<stencil.columns.tapCount {
        let y = stencil.rows.firstTap + a * stencil.rows.tapStep
        let x = stencil.columns.firstTap + b * stencil.columns.tapStep
        let tap = y * geometry.kernelWidth + x
        let first = weights + columns.lowerBound * strides.target + tap * strides.tap
        strides.pack(
          first, depth: sourceChannels, columns: columns.count, into: row, width: width)
        row += sourceChannels * width
      }
    }
  }
}
