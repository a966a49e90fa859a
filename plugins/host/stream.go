package host

import (
	"context"
	"fmt"
	"time"

	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/memory"
	"google.golang.org/grpc"

	"github.com/winnow-stream/winnow/plugins/internal/answer"
	"github.com/winnow-stream/winnow/plugins/internal/frame"
	"github.com/winnow-stream/winnow/plugins/proto"
)

// stream is one stream of a classifier's calls. It takes one call at a time.
type stream struct {
	process *process
	calls   grpc.BidiStreamingClient[proto.ClassifyRequest, proto.ClassifyResponse]
	cancel  context.CancelFunc
	seq     uint64
	texts   *frame.Encoder
	answers *frame.Decoder
}

// openStream opens a stream that lives until it is closed or the process ends.
func openStream(p *process, lists bool) (*stream, error) {
	ctx, cancel := context.WithCancel(context.Background())
	calls, err := proto.NewClassifierClient(p.conn).Classify(ctx)
	if err != nil {
		cancel()
		return nil, err
	}
	return &stream{
		process: p, calls: calls, cancel: cancel,
		texts:   frame.NewEncoder(answer.Texts, memory.DefaultAllocator, p.region),
		answers: frame.NewDecoder(answer.Schema(lists), memory.DefaultAllocator),
	}, nil
}

// ask makes one call. A process that takes longer than the timeout is ended. After an error the stream is of no use.
func (s *stream) ask(ctx context.Context, texts *array.String, timeout time.Duration) (*proto.ClassifyResponse, error) {
	hang := time.AfterFunc(timeout, s.process.hang)
	defer hang.Stop()
	defer context.AfterFunc(ctx, s.cancel)()
	batch := answer.Batch(texts)
	defer batch.Release()
	message, shared, err := s.texts.Encode(batch)
	if err != nil {
		return nil, err
	}
	s.seq++
	if err := s.calls.Send(&proto.ClassifyRequest{Seq: s.seq, Batch: message, Shared: shared}); err != nil {
		// Send says no more than EOF; what ended the stream is told by Recv.
		if _, recvErr := s.calls.Recv(); recvErr != nil {
			err = recvErr
		}
		return nil, err
	}
	return s.calls.Recv()
}

// inOrder checks that a response answers the last request.
func (s *stream) inOrder(r *proto.ClassifyResponse) error {
	if r.GetSeq() != s.seq {
		return fmt.Errorf("it answered request %d, and was asked request %d", r.GetSeq(), s.seq)
	}
	return nil
}

func (s *stream) close() {
	s.cancel()
	_ = s.texts.Close() // nobody reads the end of the stream
	s.answers.Close()
}
