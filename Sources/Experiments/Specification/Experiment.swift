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
      file: String? = nil, model: ClassifierSpecification? = nil,
      training: TrainingOverrides? = nil
    ) {
      (self.file, self.model, self.training) = (file, model, training)
    }

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
    ) {
      (self.model, self.reconstruct, self.enhance) = (model, reconstruct, enhance)
    }

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
