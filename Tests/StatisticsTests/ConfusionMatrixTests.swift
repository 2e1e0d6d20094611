// SPDX-License-Identifier: Apache-2.0
import Statistics
import Testing

struct ConfusionMatrixTests {
  private let matrix = ConfusionMatrix(
    labels: [0, 0, 0, 1, 1, 2], predictions: [0, 0, 1, 1, 0, 1], classCount: 4)

  @Test func `rows are true classes`() {
    #expect(matrix[label: 0, prediction: 1] == 1)
    #expect(matrix[label: 1, prediction: 0] == 1)
    #expect(matrix.counts.reduce(0, +) == 6)
    #expect(matrix.accuracy == 0.5)
  }

  @Test func `scores of a class`() {
    let score = matrix.score(ofClass: 0)
    #expect(score.support == 3)
    #expect(score.precision == 2.0 / 3)
    #expect(score.recall == 2.0 / 3)
    #expect(score.f1 == 2.0 / 3)
  }

  @Test func `undefined scores are nil`() {
    #expect(matrix.score(ofClass: 2).precision == nil)
    #expect(matrix.score(ofClass: 2).recall == 0)
    #expect(matrix.score(ofClass: 3).f1 == nil)
    #expect(ConfusionMatrix(labels: [], predictions: [], classCount: 0).accuracy == nil)
  }
}
