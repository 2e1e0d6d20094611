// SPDX-License-Identifier: Apache-2.0
public import Imaging

/// A picture with the maps of all methods.
public struct ExplainedPicture {
  /// What is explained: of which picture, by which network.
  public enum Reading: String, CaseIterable, Sendable {
    /// The classifier on the picture.
    case plain
    /// The classifier on the enhanced picture.
    case enhanced
    /// Enhancer and classifier as one network, on the picture.
    case composed
  }

  /// A method's map, and the scale that it is shown on.
  public struct Map {
    /// The method.
    public let method: ExplanationMethod
    /// The layer of a class activation map.
    public let layer: String?
    /// The map.
    public let explanation: Explanation
    /// The values that the ends of the colour scale stand for: the same in all readings.
    public let range: ClosedRange<Float>
  }

  /// One picture, the classifier's answer to it, and the maps.
  public struct View {
    /// What is explained.
    public internal(set) var reading: Reading
    /// The picture, at the size of the model's input.
    public let image: Image
    /// The input's height × width × channels numbers in [0, 1].
    package let floats: [Float]
    /// The class of the largest logit.
    public internal(set) var predicted: Int
    /// Of each class.
    public internal(set) var probabilities: [Float]
    /// One a method, unless the reading was not asked for.
    public internal(set) var maps: [Map] = []
  }

  /// What the caller calls the picture.
  public var name: String
  /// The class that the picture is known to show.
  public internal(set) var truth: Int?
  /// The class that is explained.
  public internal(set) var target: Int
  /// The picture as it is.
  public internal(set) var plain: View
  /// The enhanced picture.
  public internal(set) var enhanced: View?
  /// The picture as it is, for enhancer and classifier as one.
  public internal(set) var composed: View?

  /// The views that have maps.
  public var views: [View] {
    ([plain] + [enhanced, composed].compactMap { $0 }).filter { !$0.maps.isEmpty }
  }

  /// Whether the classifier is right, where that is known.
  public func isRight(_ view: View) -> Bool? { truth.map { $0 == view.predicted } }
}
