// SPDX-License-Identifier: Apache-2.0
public import Datasets
public import Training

/// A table to be measured: rows, each with an enhancer in front of a frozen classifier, trained
/// from several seeds and compared with controls.
///
/// An experiment is a JSON file of these members, or one of `Experiment.shipped`. Data sets,
/// classifiers and enhancers have names, which rows refer to.
public struct Experiment: Codable, Equatable, Sendable {
  public var name: String
  public var title: String
  /// What readers should know before they believe the figures.
  public var notes: [String]?
  /// How many seeds, 1, 2, 3 …, each row is run with.
  public var seeds: Int
  /// The share of training images that is held out, to choose the best epoch; 0.1 where it is not
  /// given, none at 0.
  public var validation: Double?
  public var data: [String: DataSpecification]
  public var classifiers: [String: ClassifierRecipe]
  public var enhancers: [String: EnhancerRecipe]
  public var rows: [Row]

  public init(
    name: String, title: String, notes: [String]? = nil, seeds: Int, validation: Double? = nil,
    data: [String: DataSpecification], classifiers: [String: ClassifierRecipe],
    enhancers: [String: EnhancerRecipe], rows: [Row]
  ) {
    self.name = name
    self.title = title
    self.notes = notes
    self.seeds = seeds
    self.validation = validation
    self.data = data
    self.classifiers = classifiers
    self.enhancers = enhancers
    self.rows = rows
  }

  /// How a classifier comes about.
  public struct ClassifierRecipe: Codable, Equatable, Sendable {
    /// A trained model, .safetensors or .tflite, which is taken as it is.
    public var file: String?
    /// What to build and train where there is no file.
    public var model: ClassifierSpecification?
    /// What differs from `TrainingOptions.classifier`, or from `.speedRun` of that architecture.
    public var training: TrainingOverrides?

    public init(
      file: String? = nil, model: ClassifierSpecification? = nil,
      training: TrainingOverrides? = nil
    ) {
      self.file = file
      self.model = model
      self.training = training
    }

    var options: TrainingOptions {
      let recipe: TrainingOptions = model?.architecture == .speedRun ? .speedRun : .classifier
      return training?.applied(to: recipe) ?? recipe
    }
  }

  /// How an enhancer comes about.
  public struct EnhancerRecipe: Codable, Equatable, Sendable {
    public var model: EnhancerSpecification
    /// The phase that teaches it to reproduce its input (with `towardsClean`, the image before its
    /// degradation): what differs from `TrainingOptions.reconstruct`. Left out where not given.
    public var reconstruct: TrainingOverrides?
    public var towardsClean: Bool?
    /// The phase that teaches it to make the classifier right: what differs from
    /// `TrainingOptions.enhance`.
    public var enhance: TrainingOverrides?
    /// What that phase makes small; the cross-entropy alone where it is not given.
    public var objective: Objective?

    public init(
      _ model: EnhancerSpecification, reconstruct: TrainingOverrides? = nil,
      enhance: TrainingOverrides? = nil
    ) {
      self.model = model
      self.reconstruct = reconstruct
      self.enhance = enhance
    }

    var reconstructOptions: TrainingOptions? { reconstruct?.applied(to: .reconstruct) }
    var enhanceOptions: TrainingOptions { enhance?.applied(to: .enhance) ?? .enhance }
  }

  /// One row of the table.
  public struct Row: Codable, Equatable, Sendable {
    public var name: String
    public var title: String?
    public var data: String
    /// What the classifier, and those of `transfer`, are trained on, where it is not `data`: such
    /// as the same images before they were degraded.
    public var classifierData: String?
    public var classifier: String
    public var enhancer: String
    /// Whether the enhancer is trained on the test images, too: the row then shows nothing but
    /// that.
    public var isContaminated: Bool?
    public var controls: [Control]?
    /// Classifiers that the enhancer was not trained for, to try it in front of.
    public var transfer: [String]?
    /// What else is asked of the classifier, alone and behind the enhancer.
    public var suites: Suites?
    /// What somebody has published for this row.
    public var published: Published?

    public init(
      _ name: String, title: String? = nil, data: String, classifier: String, enhancer: String
    ) {
      self.name = name
      self.title = title
      self.data = data
      self.classifier = classifier
      self.enhancer = enhancer
    }
  }

  /// Suites of `ocelli assess`, of the test images.
  public struct Suites: Codable, Equatable, Sendable {
    /// Whether backgrounds are taken away and swapped (`BackgroundAssessment`), of scenes alone.
    public var background: Bool?
    /// The severities, of 1 to 5, of corruptions of the clean images (`CorruptionAssessment`).
    public var corruption: [Int]?
    /// At most so many test images; all where it is not given.
    public var images: Int?

    public init(background: Bool? = nil, corruption: [Int]? = nil, images: Int? = nil) {
      self.background = background
      self.corruption = corruption
      self.images = images
    }
  }

  /// Accuracies as shares.
  public struct Published: Codable, Equatable, Sendable {
    public var aloneTraining: Double?
    public var alone: Double
    public var enhancedTraining: Double?
    public var enhanced: Double

    /// Percentages in the order of a table: training, test; training, test.
    public init(
      percent aloneTraining: Double, _ alone: Double, _ enhancedTraining: Double, _ enhanced: Double
    ) {
      self.aloneTraining = aloneTraining / 100
      self.alone = alone / 100
      self.enhancedTraining = enhancedTraining / 100
      self.enhanced = enhanced / 100
    }
  }
}
