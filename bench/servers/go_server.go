// go_server MODE PORT [BYTES, or PORT behind a relay]: servers on Go's net, idiomatic.
package main

import (
	"fmt"
	"io"
	"net"
	"os"
	"strconv"
)

const (
	blockBytes   = 64 * 1024
	requestBytes = 64
	pieces       = 10
	pieceBytes   = 32
)

var tape = func() []byte {
	bytes := make([]byte, blockBytes)
	for i := range bytes {
		bytes[i] = byte(31*i + i>>8)
	}
	return bytes
}()

func echo(conn net.Conn) {
	buffer := make([]byte, 64*1024)
	for {
		n, err := conn.Read(buffer)
		if err != nil {
			return
		}
		if _, err = conn.Write(buffer[:n]); err != nil {
			return
		}
	}
}

func small(conn net.Conn) {
	buffer := make([]byte, 64*1024)
	unanswered := 0
	for {
		n, err := conn.Read(buffer)
		if err != nil {
			return
		}
		for unanswered += n; unanswered >= requestBytes; unanswered -= requestBytes {
			for piece := 0; piece < pieces; piece++ {
				if _, err = conn.Write(tape[piece*pieceBytes : (piece+1)*pieceBytes]); err != nil {
					return
				}
			}
		}
	}
}

func sink(conn net.Conn) {
	buffer := make([]byte, 64*1024)
	count := 0
	for {
		n, err := conn.Read(buffer)
		count += n
		if err != nil {
			break
		}
	}
	fmt.Fprintf(conn, "%d", count)
}

func source(conn net.Conn, left int64) {
	for left > 0 {
		n := int64(blockBytes)
		if left < n {
			n = left
		}
		if _, err := conn.Write(tape[:n]); err != nil {
			return
		}
		left -= n
	}
}

func relay(conn net.Conn, port string) {
	other, err := net.Dial("tcp", "127.0.0.1:"+port)
	if err != nil {
		return
	}
	defer other.Close()
	done := make(chan struct{})
	go func() {
		io.Copy(other, conn)
		other.(*net.TCPConn).CloseWrite()
		close(done)
	}()
	io.Copy(conn, other)
	conn.(*net.TCPConn).CloseWrite()
	<-done
}

func serve(mode string, conn net.Conn, argument string) {
	defer conn.Close()
	switch mode {
	case "echo":
		echo(conn)
	case "small":
		small(conn)
	case "sink":
		sink(conn)
	case "source":
		bytes, _ := strconv.ParseInt(argument, 10, 64)
		source(conn, bytes)
	case "relay":
		relay(conn, argument)
	}
}

func main() {
	argument := ""
	if len(os.Args) > 3 {
		argument = os.Args[3]
	}
	listener, err := net.Listen("tcp", "127.0.0.1:"+os.Args[2])
	if err != nil {
		panic(err)
	}
	for {
		conn, err := listener.Accept()
		if err == nil {
			go serve(os.Args[1], conn, argument)
		}
	}
}
