// SPDX-License-Identifier: Apache-2.0

/// A question that an assessment answers.
public enum AssessmentSection: String, CaseIterable, Codable, Sendable {
  case accuracy, calibration, faithfulness, sanity, attention, background, perturbation,
    adversarial, transfer, corruption

  /// What is asked.
  var question: String {
    switch self {
    case .accuracy: "Is the gain real, and for which classes?"
    case .calibration: "Is the classifier right as often as it says?"
    case .faithfulness: "Does the explanation show what the classifier uses?"
    case .sanity: "Does the explanation depend on what was learnt?"
    case .attention: "Does the classifier look at the object?"
    case .background: "Does it lean on the background?"
    case .perturbation: "What did the enhancer change?"
    case .adversarial: "Is the change special, and is it a shield?"
    case .transfer: "Does it help classifiers that it was not trained with?"
    case .corruption: "What is left on corrupted pictures?"
    }
  }
}

extension Assessment {
  /// What a section found, for people; nothing where it was not asked for.
  package func blocks(_ section: AssessmentSection) -> [FigureBlock] {
    let blocks: [FigureBlock]? =
      switch section {
      case .accuracy: accuracy?.blocks
      case .calibration: calibration?.blocks
      case .faithfulness: faithfulness?.blocks
      case .sanity: sanity?.blocks
      case .attention: attention?.flatMap(\.blocks)
      case .background: background?.blocks
      case .perturbation: perturbation?.blocks
      case .adversarial: adversarial?.blocks
      case .transfer: transfer?.blocks
      case .corruption: corruption?.blocks
      }
    return blocks ?? []
  }
}
