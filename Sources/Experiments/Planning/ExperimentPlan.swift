// SPDX-License-Identifier: Apache-2.0
import Datasets
import Imaging
import Network
import Scenes
import Training

/// The cells of an experiment, each once and after those that it needs, and how rows use them.
package struct ExperimentPlan {
  /// One way to predict the test images of a row.
  package struct Variant {
    package var id: VariantID
    var title: String
    /// The variant that it is compared with.
    package var against: VariantID?
    /// The cell that predicts.
    package var cell: String
  }

  package struct Run {
    var seed: UInt64
    package var variants: [Variant]
    /// The cell of the row's suites.
    var suites: String?
  }

  package struct Row {
    var row: Experiment.Row
    package var runs: [Run]
  }

  package private(set) var rows: [Row] = []
  /// The cells' names, each behind those that it needs.
  package private(set) var order: [String] = []
  package private(set) var cells: [String: Cell] = [:]

  /// - Parameter facts: of every data set that a row names.
  package init(_ experiment: Experiment, facts: [String: DataFacts], models: ModelFiles) throws {
    for row in experiment.rows {
      guard let own = facts[row.data], let known = facts[row.classifierData ?? row.data] else {
        continue
      }
      guard own.classes == known.classes, (own.height, own.width) == (known.height, known.width)
      else {
        throw ExperimentError(
          "row \(row.name): the images of '\(row.data)' and of '\(row.classifierData ?? "")' "
            + "differ in size or classes")
      }
      var runs: [Run] = []
      for seed in 1...UInt64(experiment.seeds) {
        var planner = RowPlanner(
          experiment: experiment, row: row, seed: seed, facts: own, classifierFacts: known,
          models: models)
        try planner.plan()
        for cell in planner.cells where cells[cell.id] == nil {
          order.append(cell.id)
          cells[cell.id] = cell
        }
        runs.append(Run(seed: seed, variants: planner.variants, suites: planner.suites))
      }
      rows.append(Row(row: row, runs: runs))
    }
  }

  /// The cells that trained what a cell uses, each once.
  func trainingCells(behind id: String) -> [String] {
    guard let cell = cells[id] else { return [] }
    var found: [String] = []
    for parent in cell.parents {
      for ancestor in trainingCells(behind: parent) + [parent] where !found.contains(ancestor) {
        found.append(ancestor)
      }
    }
    return found
  }
}

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
    for control in (row.controls ?? []).sorted() { try plan(control, alone, reconstructed, part) }
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

  private mutating func classifier(_ name: String, _ part: Cell.Part = .all) throws
    -> Cell.ClassifierSource
  {
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
      try model.graph(height: facts.height, width: facts.width, classCount: facts.classes.count)
        .learntParameterCount()
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
    _ enhancer: Cell.EnhancerSource?, against: VariantID? = .alone, predictsTraining: Bool = false,
    filters: Bool = false, averagesFlips: Bool = false
  ) {
    let cell = add(
      .predictions(
        .init(
          images: images, classifier: classifier, enhancer: enhancer,
          filters: filters ? FixedFilter.candidates.map(\.name) : [], averagesFlips: averagesFlips,
          predictsTraining: predictsTraining)))
    variants.append(.init(id: id, title: title, against: against, cell: cell))
  }
}

extension Experiment.Suites {
  /// How many times the test images are classified.
  fileprivate var pictureSetCount: Int {
    let corrupted = corruption.map { 1 + Corruption.allCases.count * $0.count } ?? 0
    return (background == true ? BackgroundVariant.allCases.count : 0) + corrupted
  }
}

/// The cost of cells, known before they run.
struct ExperimentCost {
  let plan: ExperimentPlan
  let facts: [String: DataFacts]
  let models: ModelFiles

  /// Of one forward pass of one image through a model, and its parameters.
  struct ModelCost: Equatable {
    var multiplyAccumulates: Int64 = 0
    var parameters = 0

    init() {}

    init(_ graph: Graph) {
      multiplyAccumulates = graph.multiplyAccumulates
      parameters = graph.nodes.indices.reduce(0) { sum, node in
        sum + graph.parameters(of: node).reduce(0) { $0 + $1.count }
      }
    }

    static func + (left: ModelCost, right: ModelCost) -> ModelCost {
      var sum = left
      sum.multiplyAccumulates += right.multiplyAccumulates
      sum.parameters += right.parameters
      return sum
    }
  }

  /// Of the classifier that a cell trains or uses. One that was trained jointly has its enhancer in
  /// it.
  func classifier(of cell: Cell) throws -> ModelCost {
    guard let facts = facts[cell.images.data] else { return ModelCost() }
    switch cell.classifier {
    case .new(let model):
      return ModelCost(
        try model.graph(height: facts.height, width: facts.width, classCount: facts.classes.count))
    case .trained(let id):
      guard let parent = plan.cells[id] else { return ModelCost() }
      let cost = try classifier(of: parent)
      return parent.enhancer == nil ? cost : cost + (try enhancer(of: parent))
    case .file(let path, _): return ModelCost(try models.graph(of: path))
    case nil: return ModelCost()
    }
  }

  /// Of the enhancer that a cell trains or uses; nothing for one that changes nothing.
  func enhancer(of cell: Cell) throws -> ModelCost {
    guard let facts = facts[cell.images.data] else { return ModelCost() }
    switch cell.enhancer {
    case .new(let model):
      return ModelCost(try model.graph(height: facts.height, width: facts.width))
    case .trained(let id): return try plan.cells[id].map { try enhancer(of: $0) } ?? ModelCost()
    case .identity, nil: return ModelCost()
    }
  }

  /// Images that a cell trains on in all its epochs, if it runs all of them.
  func samples(of cell: Cell) -> Int {
    guard case .training(let run) = cell, let facts = facts[run.images.data] else { return 0 }
    var count = Double(facts.training)
    switch run.part {
    case .all: count *= 1 - run.images.validation
    case .firstHalf, .secondHalf: count *= (1 - run.images.validation) / 2
    case .allAndTest: count = count * (1 - run.images.validation) + Double(facts.test)
    }
    let batch = min(run.options.batchSize, Int(count))
    return batch == 0 ? 0 : Int(count) / batch * batch * run.options.epochs
  }

  /// Multiply-accumulates of all that a cell does, but for its validation.
  func work(of cell: Cell) throws -> Double {
    guard let facts = facts[cell.images.data] else { return 0 }
    let classifier = Double(try classifier(of: cell).multiplyAccumulates)
    let enhancer = Double(try enhancer(of: cell).multiplyAccumulates)
    switch cell {
    case .training(let run):
      let samples = Double(samples(of: cell))
      switch run.phase {
      case .classifier: return 3 * classifier * samples
      case .reconstruct: return 3 * enhancer * samples
      case .enhance: return (3 * enhancer + 2 * classifier) * samples
      case .joint: return 3 * (enhancer + classifier) * samples
      }
    case .predictions(let run):
      let validation = run.images.validation
      var images = Double(facts.test * (run.averagesFlips ? 2 : 1))
      if run.predictsTraining { images += Double(facts.training) * (1 - validation) }
      images += Double(facts.training) * validation * Double(run.filters.count)
      return (enhancer + classifier) * images
    case .suites(let run):
      let images = Double(min(facts.test, run.suites.images ?? facts.test))
      return (enhancer + 2 * classifier) * images * Double(run.suites.pictureSetCount)
    }
  }
}
