// SPDX-License-Identifier: Apache-2.0

extension Convolution {
  /// y[n,i,j,o] = b[o] + Σ_{a,b,c} x[n, i·s + a·d − p, j·s + b·d − p, g·C/G + c] · w[o,a,b,c], g =
  /// ⌊o · G / O⌋, before any activation function: the definition that the fast kernels are tested
  /// against.
  package static func referenceForward(
    _ input: TensorView<Float>, weights: UnsafePointer<Float>, bias: UnsafePointer<Float>?,
    into output: TensorView<Float>, _ geometry: ConvolutionGeometry
  ) {
    for n in 0..<geometry.batch {
      for i in 0..<geometry.outputHeight {
        for j in 0..<geometry.outputWidth {
          for o in 0..<geometry.outputChannels {
            var sum = Double(bias?[o] ?? 0)
            forEachTap(of: o, at: i, j, geometry) { y, x, channel, weight in
              sum += Double(input.pixel(n, y, x)[channel]) * Double(weights[weight])
            }
            output.pixel(n, i, j)[o] = Float(sum)
          }
        }
      }
    }
  }

  /// ∂L/∂x[n,y,x,c] (+)= Σ over all (i,j,o,a,b) that read it of ∂L/∂y[n,i,j,o] · w[o,a,b,c].
  package static func referenceInputGradient(
    of outputGradient: TensorView<Float>, weights: UnsafePointer<Float>,
    into inputGradient: TensorView<Float>, accumulate: Bool, _ geometry: ConvolutionGeometry
  ) {
    if !accumulate {
      for pixel in 0..<inputGradient.pixelCount {
        for c in 0..<inputGradient.channels { inputGradient.pixel(pixel)[c] = 0 }
      }
    }
    for n in 0..<geometry.batch {
      for i in 0..<geometry.outputHeight {
        for j in 0..<geometry.outputWidth {
          for o in 0..<geometry.outputChannels {
            let gradient = outputGradient.pixel(n, i, j)[o]
            forEachTap(of: o, at: i, j, geometry) { y, x, channel, weight in
              inputGradient.pixel(n, y, x)[channel] += gradient * weights[weight]
            }
          }
        }
      }
    }
  }

  /// ∂L/∂w[o,a,b,c] = Σ_{n,i,j} ∂L/∂y[n,i,j,o] · x[n, i·s + a·d − p, j·s + b·d − p, g·C/G + c].
  package static func referenceWeightGradient(
    input: TensorView<Float>, outputGradient: TensorView<Float>,
    into weightGradient: UnsafeMutablePointer<Float>, _ geometry: ConvolutionGeometry
  ) {
    for index in 0..<geometry.weightCount { weightGradient[index] = 0 }
    for n in 0..<geometry.batch {
      for i in 0..<geometry.outputHeight {
        for j in 0..<geometry.outputWidth {
          for o in 0..<geometry.outputChannels {
            let gradient = outputGradient.pixel(n, i, j)[o]
            forEachTap(of: o, at: i, j, geometry) { y, x, channel, weight in
              weightGradient[weight] += gradient * input.pixel(n, y, x)[channel]
            }
          }
        }
      }
    }
  }

  /// Calls `body` with the input position and channel, and the index of the weight, of each product
  /// that output channel `o` of output pixel `(i, j)` sums; those in the padding are left out.
  private static func forEachTap(
    of o: Int, at i: Int, _ j: Int, _ geometry: ConvolutionGeometry,
    _ body: (_ y: Int, _ x: Int, _ channel: Int, _ weight: Int) -> Void
  ) {
    let channels = geometry.groupInputChannels
    let firstChannel = o / geometry.groupOutputChannels * channels
    for a in 0..<geometry.kernelHeight {
      let y = i * geometry.strideHeight + a * geometry.dilationHeight - geometry.paddingTop
      guard y >= 0 && y < geometry.inputHeight else { continue }
      for b in 0..<geometry.kernelWidth {
        let x = j * geometry.strideWidth + b * geometry.dilationWidth - geometry.paddingLeft
        guard x >= 0 && x < geometry.inputWidth else { continue }
        let firstWeight = ((o * geometry.kernelHeight + a) * geometry.kernelWidth + b) * channels
        for c in 0..<channels { body(y, x, firstChannel + c, firstWeight + c) }
      }
    }
  }
}
