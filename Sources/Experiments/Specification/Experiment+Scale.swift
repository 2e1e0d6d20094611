// SPDX-License-Identifier: Apache-2.0
package import Datasets
import Training

extension Experiment {
  /// A copy with `scale` times as many channels in all models that are trained, and `epochs` times
  /// as many epochs, at least one of each.
  package func scaled(by scale: Double = 1, epochs: Double = 1) -> Experiment {
    var scaled = self
    scaled.classifiers = classifiers.mapValues { recipe in
      var recipe = recipe
      if let width = recipe.model.map({ $0.width ?? 1 }) {
        if scale != 1 { recipe.model?.width = Float(scale) * width }
        recipe.training = Self.scaled(recipe.training, recipe.options.epochs, by: epochs)
      }
      return recipe
    }
    scaled.enhancers = enhancers.mapValues { recipe in
      var recipe = recipe
      recipe.model.width = max(1, Int((Double(recipe.model.width) * scale).rounded()))
      recipe.enhance = Self.scaled(recipe.enhance, recipe.enhanceOptions.epochs, by: epochs)
      if let options = recipe.reconstructOptions {
        recipe.reconstruct = Self.scaled(recipe.reconstruct, options.epochs, by: epochs)
      }
      return recipe
    }
    return scaled
  }

  private static func scaled(
    _ overrides: TrainingOverrides?, _ epochs: Int, by factor: Double
  ) -> TrainingOverrides? {
    if factor == 1 { return overrides }
    var overrides = overrides ?? TrainingOverrides()
    overrides.epochs = max(1, Int((Double(epochs) * factor).rounded()))
    return overrides
  }

  /// A copy with these rows only.
  ///
  /// - Throws: `ExperimentError` for a name that no row has.
  package func keeping(rows names: [String]) throws(ExperimentError) -> Experiment {
    var kept = self
    kept.rows = []
    for name in names {
      guard let row = rows.first(where: { $0.name == name }) else {
        throw ExperimentError(
          "row \(name): expected one of \(rows.map(\.name).joined(separator: ", "))")
      }
      kept.rows.append(row)
    }
    return kept
  }

  /// Sets the path of the data and classifier files that have this name or path.
  package mutating func locate(_ name: String, at path: String) throws(ExperimentError) {
    var isKnown = false
    for (key, value) in data where key == name || value.path == name {
      data[key]?.path = path
      data[key]?.scenes = nil
      isKnown = true
    }
    for (key, value) in classifiers where value.file != nil && (key == name || value.file == name) {
      classifiers[key]?.file = path
      isKnown = true
    }
    if isKnown { return }
    let names = Set(data.map { $0.value.path ?? $0.key }).union(
      classifiers.compactMap { $0.value.file })
    throw ExperimentError("\(name): expected one of \(names.sorted().joined(separator: ", "))")
  }

  /// Throws if it cannot be run.
  package func validate() throws(ExperimentError) {
    if let problem { throw ExperimentError("\(name): \(problem)") }
  }
}

extension DataSpecification {
  /// A copy that uses this share of the images.
  package func thinned(to fraction: Double) -> DataSpecification {
    var thinned = self
    thinned.fraction = fraction * (self.fraction ?? 1)
    return thinned
  }
}
