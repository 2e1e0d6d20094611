// SPDX-License-Identifier: Apache-2.0
package import Datasets
package import Training

/// A table of results: each row is an enhancer in front of a frozen classifier, trained from
/// several seeds and compared with controls.
///
/// An experiment is a JSON file of these members, or one of `Experiment.shipped`. Data sets,
/// classifiers and enhancers have names, which rows refer to.
package struct Experiment: Codable, Equatable, Sendable {
  package var name: String
  package var title: String
  /// What readers should know about the figures.
  package var notes: [String]?
  /// How many seeds, 1, 2, 3 …, each row is run with.
  package var seeds: Int
  /// The share of training images that is held out, to choose the best epoch; 0.1 where it is not
  /// given, none at 0.
  package var validation: Double?
  package var data: [String: DataSpecification]
  package var classifiers: [String: ClassifierRecipe]
  package var enhancers: [String: EnhancerRecipe]
  package var rows: [Row]

  package init(
    name: String, title: String, notes: [String]? = nil, seeds: Int, validation: Double? = nil,
    data: [String: DataSpecification], classifiers: [String: ClassifierRecipe],
    enhancers: [String: EnhancerRecipe], rows: [Row]
  ) {
    (self.name, self.title, self.notes, self.seeds) = (name, title, notes, seeds)
    (self.validation, self.data, self.classifiers) = (validation, data, classifiers)
    (self.enhancers, self.rows) = (enhancers, rows)
  }

  /// How to get a classifier.
  package struct ClassifierRecipe: Codable, Equatable, Sendable {
    /// A trained model, .safetensors or .tflite.
    package var file: String?
    /// What to build and train where there is no file.
    package var model: ClassifierSpecification?
    /// What differs from `TrainingOptions.classifier`, or from `.speedRun` of that architecture.
    package var training: TrainingOverrides?

    package init(
      file: String? = nil, model: ClassifierSpecification? = nil, training: TrainingOverrides? = nil
    ) { (self.file, self.model, self.training) = (file, model, training) }

    var options: TrainingOptions {
      let recipe: TrainingOptions = model?.architecture == .speedRun ? .speedRun : .classifier
      return training?.applied(to: recipe) ?? recipe
    }
  }

  /// How to get an enhancer.
  package struct EnhancerRecipe: Codable, Equatable, Sendable {
    package var model: EnhancerSpecification
    /// The phase that teaches it to reproduce its input (with `towardsClean`, the image before its
    /// degradation): what differs from `TrainingOptions.reconstruct`. Left out where not given.
    package var reconstruct: TrainingOverrides?
    package var towardsClean: Bool?
    /// The phase that teaches it to make the classifier right: what differs from
    /// `TrainingOptions.enhance`.
    package var enhance: TrainingOverrides?
    /// What that phase minimises; the cross-entropy where it is not given.
    package var objective: Objective?

    package init(
      _ model: EnhancerSpecification, reconstruct: TrainingOverrides? = nil,
      enhance: TrainingOverrides? = nil
    ) { (self.model, self.reconstruct, self.enhance) = (model, reconstruct, enhance) }

    var reconstructOptions: TrainingOptions? { reconstruct?.applied(to: .reconstruct) }
    var enhanceOptions: TrainingOptions { enhance?.applied(to: .enhance) ?? .enhance }
  }

  /// One row of the table.
  package struct Row: Codable, Equatable, Sendable {
    package var name: String
    package var title: String?
    package var data: String
    /// What the classifier, and those of `transfer`, are trained on, where it is not `data`: such
    /// as the same images before they were degraded.
    package var classifierData: String?
    package var classifier: String
    package var enhancer: String
    /// Whether the enhancer is trained on the test images, too: the row then shows nothing but
    /// that.
    package var isContaminated: Bool?
    package var controls: [Control]?
    /// Other classifiers to try the enhancer with.
    package var transfer: [String]?
    /// Further tests of the classifier, alone and with the enhancer.
    package var suites: Suites?
    /// Published figures for this row.
    package var published: Published?

    package init(
      _ name: String, title: String? = nil, data: String, classifier: String, enhancer: String
    ) {
      (self.name, self.title, self.data, self.classifier) = (name, title, data, classifier)
      self.enhancer = enhancer
    }
  }

  /// Suites of `ocelli assess`, of the test images.
  package struct Suites: Codable, Equatable, Sendable {
    /// Whether backgrounds are taken away and swapped (`BackgroundAssessment`), of scenes alone.
    package var background: Bool?
    /// The severities, of 1 to 5, of corruptions of the clean images (`CorruptionAssessment`).
    package var corruption: [Int]?
    /// The largest number of test images; all where it is not given.
    package var images: Int?

    package init(background: Bool? = nil, corruption: [Int]? = nil, images: Int? = nil) {
      (self.background, self.corruption, self.images) = (background, corruption, images)
    }
  }

  /// Accuracies as shares.
  package struct Published: Codable, Equatable, Sendable {
    package var aloneTraining: Double?
    package var alone: Double
    package var enhancedTraining: Double?
    package var enhanced: Double

    /// Percentages in the order of a table: training, test; training, test.
    package init(
      percent aloneTraining: Double, _ alone: Double, _ enhancedTraining: Double, _ enhanced: Double
    ) {
      self.aloneTraining = aloneTraining / 100
      self.alone = alone / 100
      self.enhancedTraining = enhancedTraining / 100
      self.enhanced = enhanced / 100
    }
  }
}

/// A control that an enhancer's gain is compared with. C0, the classifier alone, is in every row.
package enum Control: String, Codable, CaseIterable, Sendable, Comparable {
  /// The enhancer after `reconstruct` alone: what its bottleneck costs.
  case reconstruction = "C1"
  /// An enhancer that leaves images as they are.
  case identity = "C2"
  /// The best fixed filter on held-out images: sharpening, stretching, gamma, saturation.
  case filter = "C3"
  /// The classifier, fine-tuned on as many images as the enhancer saw.
  case fineTuned = "C4"
  /// Classifier and enhancer trained together.
  case joint = "C5"
  /// A wider classifier of as many parameters as both, trained for as many epochs as both.
  case wider = "C6"
  /// The enhancer, trained towards shuffled labels.
  case shuffledLabels = "C7"
  /// The enhancer without the phase `reconstruct`.
  case fromScratch = "C8"
  /// The classifier, averaged over each image and its mirror image.
  case flipAveraging = "C9"
  /// The enhancer, trained towards what the classifier says of the clean image, without labels.
  case unsupervised = "C10"
  /// Classifier and enhancer trained on two halves of the training images.
  case disjointHalves = "C11"

  /// A few words for tables.
  package var title: String {
    switch self {
    case .reconstruction: "reconstruction alone"
    case .identity: "identity"
    case .filter: "fixed filter"
    case .fineTuned: "fine-tuned classifier"
    case .joint: "trained together"
    case .wider: "wider classifier"
    case .shuffledLabels: "shuffled labels"
    case .fromScratch: "without reconstruction"
    case .flipAveraging: "mirror averaging"
    case .unsupervised: "without labels"
    case .disjointHalves: "disjoint halves"
    }
  }

  /// Whether it has no enhancer: a gain that it reaches, too, is not the enhancer's.
  var needsNoEnhancer: Bool {
    switch self {
    case .filter, .fineTuned, .wider, .flipAveraging: true
    case .reconstruction, .identity, .joint, .shuffledLabels, .fromScratch, .unsupervised,
      .disjointHalves:
      false
    }
  }

  package static func < (left: Control, right: Control) -> Bool {
    let all = allCases
    return (all.firstIndex(of: left) ?? 0) < (all.firstIndex(of: right) ?? 0)
  }
}

/// One way to predict a row's images. Files have it as one word.
package enum VariantID: RawRepresentable, Hashable, Codable, Sendable {
  /// The classifier alone: `C0`.
  case alone
  /// The row's enhancer in front of it: `enhanced`.
  case enhanced
  /// `C1` to `C11`.
  case control(Control)
  /// The classifier of one half of the images that C11 puts its enhancer in front of: `C11/alone`.
  case halfAlone
  /// Another classifier of the experiment, by its name: `transfer/NAME/alone`.
  case transferAlone(String)
  /// The row's enhancer in front of that one: `transfer/NAME/enhanced`.
  case transferEnhanced(String)

  /// - Returns: `nil` for a word that no variant has.
  package init?(rawValue: String) {
    let parts = rawValue.split(separator: "/", omittingEmptySubsequences: false)
    let name = parts.dropFirst().dropLast().joined(separator: "/")
    switch (rawValue, parts[0], parts[parts.count - 1]) {
    case ("C0", _, _): self = .alone
    case ("enhanced", _, _): self = .enhanced
    case ("C11/alone", _, _): self = .halfAlone
    case (_, "transfer", "alone"): self = .transferAlone(name)
    case (_, "transfer", "enhanced"): self = .transferEnhanced(name)
    default:
      guard let control = Control(rawValue: rawValue) else { return nil }
      self = .control(control)
    }
  }

  /// The word for it, such as `C3`.
  package var rawValue: String {
    switch self {
    case .alone: "C0"
    case .enhanced: "enhanced"
    case .control(let control): control.rawValue
    case .halfAlone: "C11/alone"
    case .transferAlone(let name): "transfer/\(name)/alone"
    case .transferEnhanced(let name): "transfer/\(name)/enhanced"
    }
  }
}

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
