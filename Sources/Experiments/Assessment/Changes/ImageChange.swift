// SPDX-License-Identifier: Apache-2.0
import Explanation
import Kernels
import Network

/// What the enhancer did to one image.
struct ImageChange {
  let comparison: ImageComparison
  /// The share of the numbers that are changed by more than 1 and 8 of 255 levels.
  let changed: Double
  let changedVisibly: Double
  let fineShare: Double
  let fineShareOfImage: Double
  let radial: [Double]
  let radialOfImage: [Double]

  private init(_ plain: [Float], _ enhanced: [Float], _ shape: Shape) {
    comparison = ImageComparison(plain, enhanced, height: shape.height, width: shape.width)
    let differences = zip(plain, enhanced).map { $1 - $0 }
    func share(above levels: Float) -> Double {
      Double(differences.count { abs($0) > levels / 255 }) / Double(differences.count)
    }
    changed = share(above: 1)
    changedVisibly = share(above: 8)
    let spectrum = PowerSpectrum(differences, height: shape.height, width: shape.width)
    let ofImage = PowerSpectrum(plain, height: shape.height, width: shape.width)
    (fineShare, fineShareOfImage) = (spectrum.share(), ofImage.share())
    (radial, radialOfImage) = (spectrum.radialMeans, ofImage.radialMeans)
  }

  static func all(
    _ plain: [[Float]], _ enhanced: [[Float]], _ shape: Shape, _ pool: ThreadPool
  ) -> [ImageChange] {
    [ImageChange](unsafeUninitializedCapacity: plain.count) { changes, count in
      nonisolated(unsafe) let base = changes.baseAddress
      pool.forEach(plain.count) { index, _ in
        base.unsafelyUnwrapped.advanced(by: index).initialize(
          to: ImageChange(plain[index], enhanced[index], shape))
      }
      count = plain.count
    }
  }

  private static func mean(
    _ changes: [ImageChange], _ seed: UInt64, _ value: (ImageChange) -> Double
  ) -> IntervalEstimate {
    IntervalEstimate(meanOf: changes.map(value), seed: seed)
      ?? IntervalEstimate(0, Interval(lower: 0, upper: 0))
  }

  /// - Precondition: there are changes.
  static func size(_ changes: [ImageChange], _ seed: UInt64) -> PerturbationAssessment.Size {
    func mean(_ value: (ImageChange) -> Double) -> IntervalEstimate {
      Self.mean(changes, seed, value)
    }
    return .init(
      largest: mean { Double($0.comparison.largest) }, norm: mean(\.comparison.norm),
      mean: mean(\.comparison.mean),
      peakSignalToNoise: IntervalEstimate(
        meanOf: changes.map(\.comparison.peakSignalToNoise).filter(\.isFinite), seed: seed),
      structuralSimilarity: mean(\.comparison.structuralSimilarity), changed: mean(\.changed),
      changedVisibly: mean(\.changedVisibly))
  }

  /// - Precondition: there are changes.
  static func spectrum(
    _ changes: [ImageChange], _ seed: UInt64
  ) -> PerturbationAssessment.Spectrum {
    func mean(_ value: (ImageChange) -> Double) -> IntervalEstimate {
      Self.mean(changes, seed, value)
    }
    func means(_ rings: (ImageChange) -> [Double]) -> [Double] {
      rings(changes[0]).indices.map { ring in
        changes.reduce(0) { $0 + rings($1)[ring] } / Double(changes.count)
      }
    }
    return .init(
      fineShare: mean(\.fineShare), fineShareOfImages: mean(\.fineShareOfImage),
      radial: means(\.radial), radialOfImages: means(\.radialOfImage))
  }
}
