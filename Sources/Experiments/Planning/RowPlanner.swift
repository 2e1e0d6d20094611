// SPDX-License-Identifier: Apache-2.0
import Imaging
import Network
import Training

/// Plans the cells of one row for one seed.
struct RowPlanner {
  let experiment: Experiment
  let row: Experiment.Row
  let seed: UInt64
  let facts: DataFacts
  /// Of what the classifier is trained on.
  let classifierFacts: DataFacts
  let models: ModelFiles
  private(set) var cells: [Cell] = []
  private(set) var variants: [ExperimentPlan.Variant] = []
  /// The cell of the row's suites.
  private(set) var suites: String?

  init(
    experiment: Experiment, row: Experiment.Row, seed: UInt64, facts: DataFacts,
    classifierFacts: DataFacts, models: ModelFiles
  ) {
    (self.experiment, self.row, self.seed, self.facts) = (experiment, row, seed, facts)
    (self.classifierFacts, self.models) = (classifierFacts, models)
  }

  private var recipe: Experiment.EnhancerRecipe {
    experiment.enhancers[row.enhancer] ?? Experiment.EnhancerRecipe(EnhancerSpecification())
  }

  private var isContaminated: Bool { row.isContaminated ?? false }

  mutating func plan() throws {
    let alone = try classifier(row.classifier)
    predict(.alone, "classifier alone", alone, nil, against: nil, predictsTraining: true)
    let part = isContaminated ? Cell.Part.allAndTest : .all
    let reconstructed = reconstruct(part)
    let enhanced = enhance(alone, reconstructed ?? .new(recipe.model), part)
    predict(.enhanced, "enhanced", alone, enhanced, predictsTraining: true)
    for control in (row.controls ?? []).sorted() {
      try plan(control, alone, reconstructed, part)
    }
    for name in row.transfer ?? [] {
      let other = try classifier(name)
      predict(.transferAlone(name), "\(name) alone", other, nil, against: nil)
      predict(
        .transferEnhanced(name), "in front of \(name)", other, enhanced,
        against: .transferAlone(name))
    }
    if let suites = row.suites {
      self.suites = add(
        .suites(.init(images: images, classifier: alone, enhancer: enhanced, suites: suites)))
    }
  }

  private mutating func plan(
    _ control: Control, _ alone: Cell.ClassifierSource, _ reconstructed: Cell.EnhancerSource?,
    _ part: Cell.Part
  ) throws {
    let start = reconstructed ?? .new(recipe.model)
    let (id, title) = (VariantID.control(control), control.title)
    switch control {
    case .reconstruction: predict(id, title, alone, reconstructed)
    case .identity: predict(id, title, alone, .identity)
    case .filter: predict(id, title, alone, nil, filters: true)
    case .fineTuned: predict(id, title, fineTuned(alone), nil)
    case .joint:
      predict(id, title, .trained(cell: train(.joint(start, alone), recipe.enhanceOptions)), nil)
    case .wider: predict(id, title, try wider(), nil)
    case .shuffledLabels:
      predict(id, title, alone, enhance(alone, start, part, shufflesLabels: true))
    case .fromScratch: predict(id, title, alone, enhance(alone, .new(recipe.model), part))
    case .flipAveraging: predict(id, title, alone, nil, averagesFlips: true)
    case .unsupervised: predict(id, title, alone, enhance(alone, start, part, unsupervised: true))
    case .disjointHalves:
      let half = try classifier(row.classifier, .firstHalf)
      predict(.halfAlone, "half's classifier alone", half, nil, against: nil)
      let other = enhance(half, reconstruct(.secondHalf) ?? .new(recipe.model), .secondHalf)
      predict(id, title, half, other, against: .halfAlone)
    }
  }
}

// MARK: - Cells

extension RowPlanner {
  private var images: Cell.Images {
    .init(data: row.data, content: facts.content, validation: experiment.validation ?? 0.1)
  }

  /// The images that the classifier is to know.
  private var classifierImages: Cell.Images {
    var images = images
    images.data = row.classifierData ?? row.data
    images.content = classifierFacts.content
    return images
  }

  private mutating func add(_ cell: Cell) -> String {
    cells.append(cell)
    return cell.id
  }

  private mutating func train(
    _ phase: Cell.TrainingRun.Phase, _ options: TrainingOptions, _ part: Cell.Part = .all,
    of images: Cell.Images? = nil
  ) -> String {
    var options = options
    options.seed = seed
    return add(
      .training(.init(images: images ?? self.images, part: part, phase: phase, options: options)))
  }

  private mutating func classifier(
    _ name: String, _ part: Cell.Part = .all
  ) throws -> Cell.ClassifierSource {
    let recipe = experiment.classifiers[name] ?? Experiment.ClassifierRecipe()
    if let file = recipe.file { return .file(path: file, content: try models.content(of: file)) }
    guard let model = recipe.model else { throw ExperimentError("\(name): has no model") }
    return .trained(
      cell: train(.classifier(.new(model)), recipe.options, part, of: classifierImages))
  }

  /// `nil` where the recipe has no such phase.
  private mutating func reconstruct(_ part: Cell.Part) -> Cell.EnhancerSource? {
    guard let options = recipe.reconstructOptions else { return nil }
    let phase = Cell.TrainingRun.Phase.reconstruct(
      .new(recipe.model), towardsClean: recipe.towardsClean ?? false)
    return .trained(cell: train(phase, options, part))
  }

  private mutating func enhance(
    _ classifier: Cell.ClassifierSource, _ enhancer: Cell.EnhancerSource, _ part: Cell.Part,
    shufflesLabels: Bool = false, unsupervised: Bool = false
  ) -> Cell.EnhancerSource {
    var objective = recipe.objective
    if unsupervised {
      objective = objective ?? Objective()
      objective?.isUnsupervised = true
    }
    return .trained(
      cell: train(
        .enhance(enhancer, classifier, objective, shufflesLabels: shufflesLabels),
        recipe.enhanceOptions, part))
  }

  /// Epochs of both phases of the enhancer.
  private var enhancerEpochs: Int {
    recipe.enhanceOptions.epochs + (recipe.reconstructOptions?.epochs ?? 0)
  }

  /// The classifier, trained further for as many epochs as the enhancer.
  private mutating func fineTuned(_ classifier: Cell.ClassifierSource) -> Cell.ClassifierSource {
    var options = recipe.enhanceOptions
    options.epochs = enhancerEpochs
    return .trained(cell: train(.classifier(classifier), options))
  }

  /// A classifier of about as many parameters as classifier and enhancer together.
  private mutating func wider() throws -> Cell.ClassifierSource {
    let recipe = experiment.classifiers[row.classifier] ?? Experiment.ClassifierRecipe()
    guard var model = recipe.model else { throw ExperimentError("\(row.name): has no model") }
    let enhancer = try self.recipe.model.graph(height: facts.height, width: facts.width)
    func count(_ model: ClassifierSpecification) throws -> Int {
      try model.graph(
        height: facts.height, width: facts.width, classCount: facts.classes.count
      ).learntParameterCount()
    }
    let wanted = try count(model) + enhancer.learntParameterCount()
    var (low, high) = (model.width ?? 1, (model.width ?? 1) * 8)
    for _ in 0..<12 {
      let middle = (low + high) / 2
      model.width = middle
      if try count(model) < wanted { low = middle } else { high = middle }
    }
    model.width = high
    var options = recipe.options
    options.epochs += enhancerEpochs
    return .trained(cell: train(.classifier(.new(model)), options, of: classifierImages))
  }

  private mutating func predict(
    _ id: VariantID, _ title: String, _ classifier: Cell.ClassifierSource,
    _ enhancer: Cell.EnhancerSource?, against: VariantID? = .alone,
    predictsTraining: Bool = false, filters: Bool = false, averagesFlips: Bool = false
  ) {
    let cell = add(
      .predictions(
        .init(
          images: images, classifier: classifier, enhancer: enhancer,
          filters: filters ? FixedFilter.candidates.map(\.name) : [],
          averagesFlips: averagesFlips, predictsTraining: predictsTraining)))
    variants.append(.init(id: id, title: title, against: against, cell: cell))
  }
}
