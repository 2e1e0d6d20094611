// SPDX-License-Identifier: Apache-2.0

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
