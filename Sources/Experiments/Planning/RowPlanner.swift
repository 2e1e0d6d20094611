// SPDX-License-Identifier: Apache-2.0
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
    self.experiment = experiment
    self.row = row
    self.seed = seed
    self.facts = facts
    self.classifierFacts = classifierFacts
    self.models = models
  }

  typealias Classifier = Cell.Source<ClassifierSpecification>
  typealias Enhancer = Cell.Source<EnhancerSpecification>

  private var recipe: Experiment.EnhancerRecipe {
    experiment.enhancers[row.enhancer] ?? Experiment.EnhancerRecipe(EnhancerSpecification())
  }

  private var isContaminated: Bool { row.isContaminated ?? false }

  mutating func plan() throws {
    let alone = try classifier(row.classifier)
    predict("C0", "classifier alone", alone, nil, against: nil, predictsTraining: true)
    let images = isContaminated ? Cell.Images.allAndTest : .all
    let reconstructed = reconstruct(images)
    let enhanced = enhance(alone, reconstructed ?? .new(recipe.model), images)
    predict("enhanced", "enhanced", alone, enhanced, predictsTraining: true)
    for control in (row.controls ?? []).sorted() {
      try plan(control, alone, reconstructed, images)
    }
    for name in row.transfer ?? [] {
      let other = try classifier(name)
      let id = "transfer/\(name)"
      predict("\(id)/alone", "\(name) alone", other, nil, against: nil)
      predict("\(id)/enhanced", "in front of \(name)", other, enhanced, against: "\(id)/alone")
    }
    if let suites = row.suites {
      var cell = blank(.assess)
      (cell.classifier, cell.enhancer, cell.suites) = (alone, enhanced, suites)
      self.suites = add(cell)
    }
  }

  private mutating func plan(
    _ control: Control, _ alone: Classifier, _ reconstructed: Enhancer?, _ images: Cell.Images
  ) throws {
    let fresh = Enhancer.new(recipe.model)
    let (id, title) = (control.rawValue, control.title)
    switch control {
    case .reconstruction: predict(id, title, alone, reconstructed)
    case .identity: predict(id, title, alone, .identity)
    case .filter: predict(id, title, alone, nil, filters: true)
    case .fineTuned: predict(id, title, fineTuned(alone), nil)
    case .joint:
      var cell = blank(.joint)
      (cell.classifier, cell.enhancer) = (alone, reconstructed ?? fresh)
      cell.options = seeded(recipe.enhanceOptions)
      predict(id, title, .trained(cell: add(cell)), nil)
    case .wider: predict(id, title, try wider(), nil)
    case .shuffledLabels:
      predict(
        id, title, alone, enhance(alone, reconstructed ?? fresh, images, shufflesLabels: true))
    case .fromScratch: predict(id, title, alone, enhance(alone, fresh, images))
    case .flipAveraging: predict(id, title, alone, nil, averagesFlips: true)
    case .unsupervised:
      predict(id, title, alone, enhance(alone, reconstructed ?? fresh, images, unsupervised: true))
    case .disjointHalves:
      let half = try classifier(row.classifier, .firstHalf)
      predict("\(id)/alone", "half's classifier alone", half, nil, against: nil)
      let other = enhance(half, reconstruct(.secondHalf) ?? fresh, .secondHalf)
      predict(id, title, half, other, against: "\(id)/alone")
    }
  }
}

// MARK: - Cells

extension RowPlanner {
  private func blank(_ work: Cell.Work, _ images: Cell.Images = .all) -> Cell {
    Cell(
      work: work, data: row.data, content: facts.content, images: images,
      validation: experiment.validation ?? 0.1)
  }

  /// A cell that trains a classifier, on the images that it is to know.
  private func newClassifier(_ images: Cell.Images = .all) -> Cell {
    var cell = blank(.classifier, images)
    cell.data = row.classifierData ?? row.data
    cell.content = classifierFacts.content
    return cell
  }

  private func seeded(_ options: TrainingOptions) -> TrainingOptions {
    var options = options
    options.seed = seed
    return options
  }

  private mutating func add(_ cell: Cell) -> String {
    cells.append(cell)
    return cell.id
  }

  private mutating func classifier(
    _ name: String, _ images: Cell.Images = .all
  ) throws -> Classifier {
    let recipe = experiment.classifiers[name] ?? Experiment.ClassifierRecipe()
    if let file = recipe.file { return .file(path: file, content: try models.content(of: file)) }
    guard let model = recipe.model else { throw ExperimentError("\(name): has no model") }
    var cell = newClassifier(images)
    cell.classifier = .new(model)
    cell.options = seeded(recipe.options)
    return .trained(cell: add(cell))
  }

  /// `nil` where the recipe has no such phase.
  private mutating func reconstruct(_ images: Cell.Images) -> Enhancer? {
    guard let options = recipe.reconstructOptions else { return nil }
    var cell = blank(.reconstruct, images)
    cell.enhancer = .new(recipe.model)
    cell.options = seeded(options)
    cell.towardsClean = recipe.towardsClean ?? false
    return .trained(cell: add(cell))
  }

  private mutating func enhance(
    _ classifier: Classifier, _ enhancer: Enhancer, _ images: Cell.Images,
    shufflesLabels: Bool = false, unsupervised: Bool = false
  ) -> Enhancer {
    var cell = blank(.enhance, images)
    (cell.classifier, cell.enhancer) = (classifier, enhancer)
    cell.options = seeded(recipe.enhanceOptions)
    cell.hasShuffledLabels = shufflesLabels
    cell.objective = recipe.objective
    if unsupervised {
      cell.objective = cell.objective ?? Objective()
      cell.objective?.isUnsupervised = true
    }
    return .trained(cell: add(cell))
  }

  /// The classifier, trained on for as many epochs as the enhancer.
  private mutating func fineTuned(_ classifier: Classifier) -> Classifier {
    var cell = blank(.classifier)
    cell.classifier = classifier
    cell.options = seeded(recipe.enhanceOptions)
    cell.options?.epochs += recipe.reconstructOptions?.epochs ?? 0
    return .trained(cell: add(cell))
  }

  /// A classifier of about as many parameters as classifier and enhancer together.
  private mutating func wider() throws -> Classifier {
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
    var cell = newClassifier()
    cell.classifier = .new(model)
    cell.options = seeded(recipe.options)
    cell.options?.epochs +=
      self.recipe.enhanceOptions.epochs + (self.recipe.reconstructOptions?.epochs ?? 0)
    return .trained(cell: add(cell))
  }

  private mutating func predict(
    _ id: String, _ title: String, _ classifier: Classifier, _ enhancer: Enhancer?,
    against: String? = "C0", predictsTraining: Bool = false, filters: Bool = false,
    averagesFlips: Bool = false
  ) {
    var cell = blank(.predict)
    (cell.classifier, cell.enhancer) = (classifier, enhancer)
    cell.predictsTraining = predictsTraining
    if filters { cell.filters = FixedFilter.candidates.map(\.description) }
    cell.averagesFlips = averagesFlips
    variants.append(
      .init(id: id, title: title, against: against, cell: add(cell)))
  }
}
